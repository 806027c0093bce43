{#-
    Every current row's `column` is the id of something the same connection knows.
    Sources are known to be read at slightly different moments, so most uses only warn.
-#}
{% test refers_to(model, column, to, field) %}

    with

    referred as (

        select distinct
            tenant_id,
            connection_id,
            {{ field }}
        from {{ to }}

    )

    select distinct
        referring.tenant_id,
        referring.connection_id,
        referring.{{ column }}
    from {{ model }} as referring
    left join referred
        on referring.tenant_id = referred.tenant_id
        and referring.connection_id = referred.connection_id
        and referring.{{ column }} = referred.{{ field }}
    where
        referring.is_current
        and not referring.is_deleted
        and referring.{{ column }} is not null
        and referred.{{ field }} is null

{% endtest %}

{#-
    The current versions of an entity, one for each id that other records use.
    A till may give an id a second time: then the record that is not deleted, and of those the newest.
-#}
{% macro latest_of(history, id, key) %}

    select *
    from {{ history }}
    where
        is_current
        and {{ id }} is not null
    qualify row_number() over (
        partition by tenant_id, connection_id, {{ id }}
        order by is_deleted asc, valid_from desc, {{ key }} asc
    ) = 1

{% endmacro %}

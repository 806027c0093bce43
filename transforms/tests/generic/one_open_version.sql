{#- Every key has exactly one current version, and it is the one without an end. -#}
{% test one_open_version(model, key) %}

    select
        tenant_id,
        {{ key }}
    from {{ model }}
    group by tenant_id, {{ key }}
    having
        {{ key }} is null
        or tenant_id is null
        or sum(case when is_current then 1 else 0 end) <> 1
        or sum(case when is_current = (valid_to is null) then 0 else 1 end) > 0

{% endtest %}

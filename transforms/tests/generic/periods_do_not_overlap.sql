{#- The versions of a key are numbered without a gap, none is empty, and each begins where the last one ended. -#}
{% test periods_do_not_overlap(model, key) %}

    with

    followed as (

        select
            tenant_id,
            {{ key }},
            version,
            valid_from,
            valid_to,
            lead(version) over (partition by tenant_id, {{ key }} order by version) as next_version,
            lead(valid_from) over (partition by tenant_id, {{ key }} order by version) as next_valid_from
        from {{ model }}

    )

    select *
    from followed
    where
        valid_from is null
        or valid_to <= valid_from
        or next_version <> version + 1
        or next_valid_from <> valid_to
        or (next_valid_from is not null and valid_to is null)

{% endtest %}

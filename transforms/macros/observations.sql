{#-
    All observations of an entity, from every connector's mapping: one row for every time a source showed it.

    Columns are matched by name: a contract checks names and types but not their order, and a positional
    union would put one connector's price into another's name.

    An incremental run reads only the records that something new was landed for, each with its whole past:
    that is what makes the incremental table equal to the rebuilt one. They are found from raw's own
    columns, so that the payloads of all other records are never parsed.
-#}
{% macro observations(mappings, columns) %}

    {%- for mapping in mappings %}
    {{ "union all" if not loop.first }}

    select
        tenant_id,
        connection_id,
        record_key,

        {% for column in columns -%}
        {{ column }},
        {% endfor %}
        changed_at,
        content_hash,
        batch_id,
        extracted_at,
        landed_at
    from {{ mapping }}
    {%- if is_incremental() %}
    -- One column, because the engine prunes a scan by one: a record of another connection that happens
    -- to have the same key is rebuilt too, to the rows it had.
    where record_key in (select record_key from {{ touched_records(mapping) }} as touched)
    {%- endif %}
    {%- endfor %}

{% endmacro %}


{#-
    Keys of the records that landed after the newest landing this table has seen.
    Each connection has its own mark: connections land at different hours, and a mark on the time of
    extraction would pass over an archived batch that lands late.
-#}
{% macro touched_records(mapping) -%}
    (
        select distinct landed.record_key
        from {{ mapping }} as landed
        left join (
            select
                tenant_id,
                connection_id,
                max(landed_at) as landed_at
            from {{ this }}
            group by tenant_id, connection_id
        ) as seen
            on landed.tenant_id = seen.tenant_id
            and landed.connection_id = seen.connection_id
        where
            seen.landed_at is null
            or landed.landed_at > seen.landed_at
    )
{%- endmacro %}

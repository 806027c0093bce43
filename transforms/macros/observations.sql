{#-
    All observations of an entity, from the mapping of every connector that is used (macros/mappings.sql):
    one row for every time a source showed it. Without any, no rows, of the types that the contract gives.

    Columns are matched by name: a contract checks names and types but not their order, and a positional
    union would put one connector's price into another's name.

    An incremental run reads only the records that something new was landed for, each with its whole past:
    that is what makes the incremental table equal to the rebuilt one. They are found from raw's own
    columns, so that the payloads of all other records are never parsed.
-#}
{% macro observations(entity, columns) %}

    {%- for mapping in mappings_of(entity) %}
    {{ "union all" if not loop.first }}

    select
        tenant_id,
        connection_id,
        record_key,

        {% for column in columns -%}
        {{ observed(column) }},
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
    {%- else %}

    select
        cast(null as varchar) as tenant_id,
        cast(null as varchar) as connection_id,
        cast(null as varchar) as record_key,

        {% for column in columns -%}
        cast(null as {{ promised_type(column) }}) as {{ column }},
        {% endfor %}
        cast(null as timestamp) as changed_at,
        cast(null as varchar) as content_hash,
        cast(null as varchar) as batch_id,
        cast(null as timestamp) as extracted_at,
        cast(null as timestamp) as landed_at
    where false
    {%- endfor %}

{% endmacro %}


{#- The type of a column in the contract of this model. dbt reads the contract only after it has parsed the SQL. -#}
{% macro promised_type(column) -%}
    {{ return(model.columns[column].data_type if execute else 'varchar') }}
{%- endmacro %}


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


{#- A column of a mapping. What its source no longer has is deleted, whatever it said of itself last. -#}
{% macro observed(column) -%}
    {{ 'is_deleted or ' ~ is_gone() ~ ' as is_deleted' if column == 'is_deleted' else column }}
{%- endmacro %}


{#-
    Whether a row of raw, or one made of it, is the mark of a record that its source no longer has: a copy of what
    it said last, with this word in place of a content's hash (flows/warehouse/deletes.py).
-#}
{% macro is_gone(relation=none) -%}
    {{ relation ~ '.' if relation }}content_hash = 'deleted'
{%- endmacro %}

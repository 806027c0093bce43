{#-
    History of an entity: one row per period in which its tracked columns did not change.

    Periods are half-open: valid_from <= t < valid_to, and valid_to is null for the open one.
    Deletion is a change like any other: a version with is_deleted = true.

    The result depends on what was observed, not on the order in which batches landed:
    a late batch, a replayed batch and a full refresh all lead to the same rows.

    `observed` is a CTE with tenant_id, connection_id, record_key, <key>, changed_at, content_hash, batch_id,
    extracted_at, landed_at and the tracked columns: one row for every time the source showed us the entity.
-#}
{% macro scd2(observed, key, tracked) %}

    with

    -- A source may report the same moment twice: the later extraction is the correction. One extraction may
    -- hold a record twice as well, when it changed while being paged: then any one of them, but always the same.
    moments as (

        select
            *,
            max(landed_at) over (partition by {{ key }}, changed_at) as moment_landed_at,
            {{ surrogate_key(tracked) }} as tracked_hash
        from {{ observed }}
        qualify row_number() over (
            partition by {{ key }}, changed_at
            order by extracted_at desc, batch_id desc, content_hash desc
        ) = 1

    ),

    compared as (

        select
            *,
            lag(tracked_hash) over (partition by {{ key }} order by changed_at) as previous_hash
        from moments

    ),

    numbered as (

        select
            *,
            sum(case when tracked_hash = previous_hash then 0 else 1 end) over (
                partition by {{ key }}
                order by changed_at
                rows between unbounded preceding and current row
            ) as version
        from compared

    ),

    -- Many moments with the same content are one version; its first moment opens it.
    versions as (

        select
            *,
            max(moment_landed_at) over (partition by {{ key }}, version) as version_landed_at
        from numbered
        qualify row_number() over (partition by {{ key }}, version order by changed_at) = 1

    )

    select
        tenant_id,
        connection_id,
        {{ key }},
        cast(version as integer) as version,

        {% for column in tracked -%}
        {{ column }},
        {% endfor %}
        changed_at as valid_from,
        lead(changed_at) over (partition by {{ key }} order by changed_at) as valid_to,
        lead(changed_at) over (partition by {{ key }} order by changed_at) is null as is_current,

        record_key,
        batch_id,
        version_landed_at as landed_at

    from versions

{% endmacro %}

{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='sale_key',
    on_schema_change='fail',
    cluster_by=['tenant_id', 'business_date'],
    post_hook="{{ no_reclustering() }}",
    pre_hook="{{ forget_touched_sales() }}",
) }}

{#- dbt learns what a model reads when it parses it, and then it is not incremental. -#}
{% do mappings_of('std_sale_lines') %}

{% set header = [
    'sale_id',
    'shop_id',
    'register_id',
    'receipt_number',
    'customer_id',
    'cashier_id',
    'payment_option_id',
    'business_date',
    'seconds_of_day',
    'currency',
] %}

{% set until_then %}
    partition by sale_key
    order by changed_at
    rows between unbounded preceding and current row
{% endset %}

with

lines as (

    select * from {{ ref('std_sale_lines') }}
    {% if is_incremental() %}
        where sale_key in ({{ touched_sales() }})
    {% endif %}

),

-- A version of a line says that the line is on the receipt from its first moment on ...
appearing as (

    select
        tenant_id,
        connection_id,
        sale_key,
        valid_from as changed_at,
        case when is_deleted then 0 else 1 end as lines_gained,
        sale_line_key || '|' || version as said_by,
        line_number,
        record_key,
        batch_id,
        landed_at
    from lines

),

-- ... and, once another version follows, that it is no longer, unless that one says so again.
leaving as (

    select
        ended.tenant_id,
        ended.connection_id,
        ended.sale_key,
        ended.valid_to as changed_at,
        case when ended.is_deleted then 0 else -1 end as lines_gained,
        cast(null as varchar) as said_by,
        cast(null as integer) as line_number,
        followed.record_key,
        followed.batch_id,
        followed.landed_at
    from lines as ended
    inner join {{ ref('std_sale_lines') }} as followed
        on ended.tenant_id = followed.tenant_id
        and ended.sale_line_key = followed.sale_line_key
        and ended.version + 1 = followed.version

),

events as (

    select * from appearing
    union all
    select * from leaving

),

-- One row per moment in which anything happened to the receipt. Of several lines, those that are left
-- speak for the receipt, the first of them loudest.
moments as (

    select
        *,
        sum(lines_gained) over (
            partition by sale_key
            order by changed_at
            range between unbounded preceding and current row
        ) as lines_left,
        max(landed_at) over (partition by sale_key, changed_at) as moment_landed_at
    from events
    qualify row_number() over (
        partition by sale_key, changed_at
        order by
            lines_gained desc,
            line_number asc nulls last,
            said_by asc nulls last,
            record_key asc,
            batch_id asc
    ) = 1

),

-- Where only lines left, the receipt is what its last speaker said.
spoken as (

    select
        *,
        coalesce(
            {{ last_known('case when lines_gained = 1 then said_by end') }} over ({{ until_then }}),
            {{ last_known('said_by') }} over ({{ until_then }})
        ) as speaker
    from moments

),

observed as (

    select
        spoken.tenant_id,
        spoken.connection_id,
        spoken.sale_key,
        {% for column in header %}
            lines.{{ column }},
        {% endfor %}
        spoken.lines_left = 0 as is_deleted,
        '{}' as extensions,
        spoken.changed_at,
        spoken.record_key,
        spoken.record_key as content_hash,
        spoken.batch_id,
        spoken.moment_landed_at as extracted_at,
        spoken.moment_landed_at as landed_at
    from spoken
    inner join lines
        on spoken.tenant_id = lines.tenant_id
        and spoken.sale_key = lines.sale_key
        and spoken.speaker = lines.sale_line_key || '|' || lines.version

),

history as (

    {{ scd2('observed', key='sale_key', tracked=header + ['is_deleted', 'extensions']) }}

)

select * from history

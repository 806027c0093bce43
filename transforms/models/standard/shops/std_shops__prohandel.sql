-- How a ProHandel branch becomes a shop of ours.

{{ config(enabled=is_used('prohandel')) }}

with

branches as (

    select * from {{ ref('stg_prohandel__branches') }}

),

mapped as (

    select
        tenant_id,
        connection_id,
        record_key,

        number as shop_id,
        country_number as country_id,
        cast(null as varchar) as country_code,
        region_number as region_id,

        name1 as shop_name,
        zip_code,
        city,

        is_active,
        is_webshop as is_web_shop,
        coalesce(is_deleted, false) as is_deleted,

        extensions,
        unreadable_fields,

        changed_at,
        content_hash,
        batch_id,
        extracted_at,
        landed_at
    from branches

)

select * from mapped

-- How a ProHandel country becomes a country of ours.

{{ config(enabled=is_used('prohandel')) }}

with

countries as (

    select * from {{ ref('stg_prohandel__countries') }}

),

mapped as (

    select
        tenant_id,
        connection_id,
        record_key,

        number as country_id,

        country_name,
        upper(iso_alpha2) as country_code,
        upper(currency_number) as currency,

        is_eu as is_in_eu,
        coalesce(is_deleted, false) as is_deleted,

        extensions,
        unreadable_fields,

        changed_at,
        content_hash,
        batch_id,
        extracted_at,
        landed_at
    from countries

)

select * from mapped

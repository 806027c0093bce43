-- How a ProHandel supplier becomes a supplier of ours.

{{ config(enabled=is_used('prohandel')) }}

with

suppliers as (

    select * from {{ ref('stg_prohandel__suppliers') }}

),

mapped as (

    select
        tenant_id,
        connection_id,
        record_key,

        number as supplier_id,
        country_number as country_id,
        payment_option_number as payment_option_id,

        coalesce(name1, search_term) as supplier_name,
        city,
        upper(currency_number) as currency,

        is_active,
        is_edi as is_edi_partner,
        coalesce(is_deleted, false) as is_deleted,

        extensions,
        unreadable_fields,

        changed_at,
        content_hash,
        batch_id,
        extracted_at,
        landed_at
    from suppliers

)

select * from mapped

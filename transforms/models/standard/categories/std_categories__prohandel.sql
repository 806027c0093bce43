-- How a ProHandel category becomes a category of ours.

{{ config(enabled=is_used('prohandel')) }}

with

categories as (

    select * from {{ ref('stg_prohandel__categories') }}

),

mapped as (

    select
        tenant_id,
        connection_id,
        record_key,

        number as category_id,
        department_number as department_id,
        main_category_number as main_category_id,
        general_category_number as general_category_id,

        name as category_name,
        tax_number as tax_class,

        is_service_category as is_service,
        coalesce(is_deleted, false) as is_deleted,

        extensions,
        unreadable_fields,

        changed_at,
        content_hash,
        batch_id,
        extracted_at,
        landed_at
    from categories

)

select * from mapped

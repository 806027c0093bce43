-- How Shopify's locations, and its online shop, become shops of ours. An order that names no location is of the latter.

{{ mapping_of('shopify') }}

with

locations as (

    select
        {{ origin() }},
        id as shop_id,
        country_code,
        name as shop_name,
        zip_code,
        city,
        is_active,
        false as is_web_shop,
        extensions,
        unreadable_fields
    from {{ ref('stg_shopify__locations') }}

),

online as (

    select
        {{ origin() }},
        id as shop_id,
        country_code,
        name as shop_name,
        zip_code,
        city,
        true as is_active,
        true as is_web_shop,
        extensions,
        unreadable_fields
    from {{ ref('stg_shopify__shop') }}

),

shops as (

    select * from locations
    union all
    select * from online

),

mapped as (

    select
        {{ origin() }},

        shop_id,
        cast(null as varchar) as country_id,
        upper(country_code) as country_code,
        cast(null as varchar) as region_id,

        shop_name,
        zip_code,
        city,

        is_active,
        is_web_shop,
        false as is_deleted,

        extensions,
        unreadable_fields
    from shops

)

select * from mapped

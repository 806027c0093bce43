-- Shops as they are now, with the country that decides about their taxes.

with

shops as (

    {{ latest_of(ref('std_shops'), id='shop_id', key='shop_key') }}

),

countries as (

    {{ latest_of(ref('std_countries'), id='country_id', key='country_key') }}

),

country_codes as (

    select * from {{ ref('country_codes') }}

),

tenants as (

    select * from {{ ref('std_tenants') }}

),

placed as (

    select
        shops.shop_key,
        shops.tenant_id,
        shops.connection_id,
        shops.shop_id,

        coalesce(shops.shop_name, shops.shop_id) as shop_name,
        shops.city,
        -- A connection may be forbidden to read the till's own list of countries.
        coalesce(shops.country_code, countries.country_code, country_codes.country_code, tenants.country) as country,

        shops.is_web_shop,
        shops.is_active,
        shops.is_deleted
    from shops
    left join countries
        on shops.tenant_id = countries.tenant_id
        and shops.connection_id = countries.connection_id
        and shops.country_id = countries.country_id
    left join country_codes
        on shops.country_id = country_codes.country_id
    left join tenants
        on shops.tenant_id = tenants.tenant_id

)

select * from placed

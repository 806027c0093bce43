-- How a variation of a Square item becomes a product of ours. A variation that is no longer in its item is deleted.

{{ mapping_of('square') }}

with

items as (

    select * from {{ ref('stg_square__items') }}

),

variations as (

    select * from {{ ref('stg_square__variations') }}

),

-- Every later content of its item says something about a variation.
appeared as (

    select
        tenant_id,
        connection_id,
        record_key,
        id,
        min(changed_at) as appeared_at
    from variations
    group by tenant_id, connection_id, record_key, id

),

mapped as (

    select
        {{ origin('items') }},

        appeared.id as variant_id,
        appeared.id as product_id,
        coalesce(items.reporting_category_id, items.category_id, items.first_category_id) as category_id,

        {{ joined_texts(['items.name', "nullif(variations.name, 'Regular')"], separator=' ') }} as product_name,
        variations.sku as supplier_article_number,

        variations.price as sale_price,
        variations.price as label_price,
        upper(variations.currency) as currency,

        not coalesce(items.is_archived, false) as is_active,
        variations.id is null
        or coalesce(variations.is_deleted, false)
        or coalesce(items.is_deleted, false) as is_deleted,

        {{ absent('std_products', [
            'supplier_id', 'season_id', 'color', 'first_purchase_date', 'last_purchase_date', 'first_sale_date',
            'last_sale_date', 'purchase_price', 'is_never_out_of_stock',
        ]) }},

        variations.extensions,
        {{ joined_texts(['items.unreadable_fields', 'variations.unreadable_fields'], separator=',') }}
            as unreadable_fields
    from items
    inner join appeared
        on items.tenant_id = appeared.tenant_id
        and items.connection_id = appeared.connection_id
        and items.record_key = appeared.record_key
        and items.changed_at >= appeared.appeared_at
    left join variations
        on items.tenant_id = variations.tenant_id
        and items.connection_id = variations.connection_id
        and items.record_key = variations.record_key
        and items.batch_id = variations.batch_id
        and items.content_hash = variations.content_hash
        and appeared.id = variations.id

)

select * from mapped

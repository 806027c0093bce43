-- Positions of orders: the list inside each order, one row per element.

{{ config(enabled=is_used('prohandel')) }}

{% set fields = {
    'id': 'text',
    'orderNumber': 'key',
    'articleNumber': 'key',
    'branchNumber': 'key',
    'sizeGroupNumber': 'key',
    'sizeGroupPosition': 'whole',
    'size': 'text',
    'originalEAN': 'key',
    'ean': 'key',
    'purchasePrice': 'money',
    'netPurchasePrice': 'money',
    'salePrice': 'money',
    'labelPrice': 'money',
    'isConsignment': 'flag',
    'orderAmount': 'quantity',
    'deliveredAmount': 'quantity',
    'backlogAmount': 'quantity',
    'distributedAmount': 'quantity',
    'status': 'whole',
    'distributionStatus': 'whole',
    'lastChange': 'moment',
    'isDeleted': 'flag',
} %}

{% set mapped = [
    'id', 'orderNumber', 'articleNumber', 'branchNumber', 'size', 'ean', 'purchasePrice',
    'netPurchasePrice', 'salePrice', 'labelPrice', 'isConsignment', 'orderAmount',
    'deliveredAmount', 'backlogAmount', 'distributedAmount', 'status', 'distributionStatus',
    'lastChange', 'isDeleted',
] %}

with

source as (

    select * from {{ source('raw', 'prohandel__order') }}

),

orders as (

    select
        *,
        {{ parsed_record('payload', {'positions': 'json'}) }} as record
    from source

),

elements as (

    select
        orders.tenant_id,
        orders.connection_id,
        orders.record_key,
        orders.changed_at,
        orders.content_hash,
        orders.batch_id,
        orders.extracted_at,
        orders.landed_at,
        {{ unnested_element() }} as element,
        {{ unnested_place() }} as place
    from orders
    {{ unnested('positions') }}

),

parsed as (

    select
        *,
        {{ parsed_record('element', fields) }} as record
    from elements

),

typed as (

    select
        cast(place as integer) as place,
        {{ extensions('element', mapped) }} as extensions,
        {{ typed_columns(fields, required=['id', 'orderAmount']) }}
    from parsed

)

select * from typed

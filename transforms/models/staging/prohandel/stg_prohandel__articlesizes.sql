-- Sizes of articles in each branch, with the stock on hand: the till's only record of stock.

{{ config(enabled=is_used('prohandel')) }}

{% set fields = {
    'id': 'text',
    'number': 'key',
    'articleNumber': 'key',
    'branchNumber': 'key',
    'size': 'text',
    'sizeGroup': 'text',
    'ean': 'key',
    'purchasePrice': 'money',
    'salePrice': 'money',
    'labelPrice': 'money',
    'firstPurchaseDate': 'day',
    'lastPurchaseDate': 'day',
    'firstSaleDate': 'day',
    'lastSaleDate': 'day',
    'fifo': 'money',
    'volumeUnit': 'quantity',
    'isNOS': 'flag',
    'currencyNumber': 'key',
    'priceUnitNumber': 'text',
    'stockQuantity': 'quantity',
    'selectionQuantity': 'quantity',
    'lastChange': 'moment',
    'isDeleted': 'flag',
} %}

{% set mapped = [
    'number', 'articleNumber', 'branchNumber', 'size', 'ean', 'stockQuantity',
    'selectionQuantity', 'purchasePrice', 'salePrice', 'labelPrice', 'currencyNumber', 'isNOS',
    'firstPurchaseDate', 'lastPurchaseDate', 'firstSaleDate', 'lastSaleDate', 'lastChange',
    'isDeleted',
] %}

with

source as (

    select * from {{ source('raw', 'prohandel__articlesize') }}

),

parsed as (

    select
        *,
        {{ parsed_record('payload', fields) }} as record
    from source

),

typed as (

    select
        {{ extensions('payload', mapped) }} as extensions,
        {{ typed_columns(fields, required=['number', 'articleNumber', 'stockQuantity']) }}
    from parsed

)

select * from typed

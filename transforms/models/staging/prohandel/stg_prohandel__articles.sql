-- Articles as the till knows them.

{{ config(enabled=is_used('prohandel')) }}

{% set fields = {
    'id': 'text',
    'number': 'key',
    'supplierArticleNumber': 'text',
    'supplierNumber': 'key',
    'categoryNumber': 'key',
    'seasonNumber': 'key',
    'price': 'money',
    'labelPrice': 'money',
    'calculatedPrice': 'money',
    'purchasePrice': 'money',
    'lastChange': 'moment',
    'isDeleted': 'flag',
    'isActive': 'flag',
    'imageName': 'text',
    'individualArticleNumber': 'text',
    'firstPurchaseDate': 'day',
    'lastPurchaseDate': 'day',
    'sizeType': 'text',
    'manufacturerNumber': 'key',
    'information': 'text',
    'articleFlag': 'text',
    'supplierColor': 'text',
    'supplierSeason': 'text',
    'supplierCategory': 'text',
    'isNOS': 'flag',
    'firstOrderDate': 'day',
    'lastOrderDate': 'day',
    'gender': 'whole',
    'text1': 'text',
    'text2': 'text',
    'text3': 'text',
    'firstSaleDate': 'day',
    'lastSaleDate': 'day',
    'patternNumber': 'key',
    'labelNumber': 'key',
    'colorNumber': 'key',
    'shapeNumber': 'key',
    'currencyNumber': 'key',
    'countryNumber': 'key',
    'brandNumber': 'key',
    'materialNumber': 'key',
    'priceUnitNumber': 'text',
    'shopNumber': 'key',
    'targetGroupNumber': 'key',
    'functionNumber': 'key',
    'brochure': 'text',
} %}

{% set mapped = [
    'number', 'supplierArticleNumber', 'supplierNumber', 'categoryNumber', 'seasonNumber',
    'supplierColor', 'price', 'labelPrice', 'purchasePrice', 'currencyNumber', 'isActive',
    'isNOS', 'firstPurchaseDate', 'lastPurchaseDate', 'firstSaleDate', 'lastSaleDate',
    'lastChange', 'isDeleted',
] %}

with

source as (

    select * from {{ source('raw', 'prohandel__article') }}

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
        {{ typed_columns(fields, required=['number']) }}
    from parsed

)

select * from typed

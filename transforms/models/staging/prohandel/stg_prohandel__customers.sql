-- Customers without what would tell who they are: names, addresses, birth dates and bank fields are not typed here.

{{ config(enabled=is_used('prohandel')) }}

{% set fields = {
    'id': 'text',
    'number': 'key',
    'creationDate': 'day',
    'mergedInto': 'key',
    'inactiveFlag': 'flag',
    'isLocked': 'flag',
    'isBusiness': 'flag',
    'isStaff': 'flag',
    'branchNumber': 'key',
    'revenue': 'money',
    'bonusValue': 'money',
    'loyalityPoints': 'quantity',
    'customerCardPrintDate': 'day',
    'lastBonusSettlementDate': 'day',
    'directDebitAuthorization': 'flag',
    'isLockedForSelections': 'flag',
    'signedDeclarationOfConsent': 'flag',
    'subscriptionNewsletter': 'flag',
    'subscriptionNewsletterConfirmationDate': 'day',
    'subscriptionAdvertising': 'flag',
    'countryNumber': 'key',
    'staffNumber': 'key',
    'declarationsOfConsent': 'whole',
    'groupNumber': 'key',
    'customerCard': 'key',
    'customerType': 'text',
    'discountGroup': 'key',
    'discountPercent': 'percent',
    'bonusPercent': 'percent',
    'familyNumber': 'key',
    'bonusType': 'whole',
    'hasCustomerCard': 'flag',
    'lastChange': 'moment',
    'isDeleted': 'flag',
} %}

{% set mapped = [
    'number', 'branchNumber', 'creationDate', 'mergedInto', 'revenue', 'loyalityPoints',
    'discountPercent', 'bonusPercent', 'countryNumber', 'inactiveFlag', 'isLocked',
    'isBusiness', 'isStaff', 'hasCustomerCard', 'subscriptionNewsletter',
    'subscriptionAdvertising', 'lastChange', 'isDeleted',
] %}

with

source as (

    select * from {{ source('raw', 'prohandel__customer') }}

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

-- The online shop itself.

{{ staged('shopify__shop', fields={
    'id': 'text',
    'name': 'text',
    'ianaTimezone': 'text',
    'currencyCode': 'text',
    'taxesIncluded': 'flag as has_prices_with_tax',
    'billingAddress.city': 'text as city',
    'billingAddress.zip': 'text as zip_code',
    'billingAddress.countryCodeV2': 'text as country_code',
}, required=['id', 'ianaTimezone', 'currencyCode'], left_out=['billingAddress']) }}

-- Companies: customers, vendors and manufacturers.

{{ staged(
    'servicenow__companies',
    fields={
        'sys_id.value': 'text as sys_id',
        'sys_updated_on.value': 'instant as sys_updated_on',
        'sys_updated_by.value': 'text as sys_updated_by',
        'name.value': 'text as name',
        'stock_symbol.value': 'text as stock_symbol',
        'state.display_value': 'text as state_name',
        'street.value': 'text as street',
        'city.value': 'text as city',
        'zip.value': 'text as zip',
        'country.value': 'text as country',
        'customer.value': 'flag as customer',
        'vendor.value': 'flag as vendor',
        'manufacturer.value': 'flag as manufacturer',
    },
    required=['sys_id.value', 'name.value'],
    left_out=[
        'sys_id', 'sys_updated_on', 'sys_updated_by', 'sys_mod_count',
    ],
) }}

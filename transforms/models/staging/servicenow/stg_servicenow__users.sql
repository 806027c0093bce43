-- Users: people of the tenant and of its customers.

{{ staged(
    'servicenow__users',
    fields={
        'sys_id.value': 'text as sys_id',
        'sys_updated_on.value': 'instant as sys_updated_on',
        'sys_updated_by.value': 'text as sys_updated_by',
        'company.value': 'text as company_id',
        'company.display_value': 'text as company_name',
        'first_name.value': 'text as first_name',
        'last_name.value': 'text as last_name',
        'title.value': 'text as title',
        'department.display_value': 'text as department_name',
        'active.value': 'flag as active',
    },
    required=['sys_id.value'],
    left_out=[
        'sys_id', 'sys_updated_on', 'sys_updated_by', 'sys_mod_count', 'company',
    ],
) }}

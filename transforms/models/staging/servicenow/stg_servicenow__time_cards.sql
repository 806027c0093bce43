-- Time cards: a person's hours on one task in one week.

{{ staged(
    'servicenow__time_cards',
    fields={
        'sys_id.value': 'text as sys_id',
        'sys_updated_on.value': 'instant as sys_updated_on',
        'sys_updated_by.value': 'text as sys_updated_by',
        'task.value': 'text as task_id',
        'user.value': 'text as user_id',
        'user.display_value': 'text as user_name',
        'category.value': 'text as category',
        'category.display_value': 'text as category_name',
        'week_starts_on.value': 'day as week_starts_on',
        'total.value': 'hours as total',
        'state.display_value': 'text as state_name',
        'sys_created_on.value': 'instant as sys_created_on',
        'sys_created_by.value': 'text as sys_created_by',
    },
    required=['sys_id.value'],
    left_out=[
        'sys_id', 'sys_updated_on', 'sys_updated_by', 'sys_mod_count', 'user', 'category',
    ],
) }}

-- Visits by day, country and device.

{{ staged(
    'google_analytics__daily_place',
    fields={
        'dimensionValues.0.value': 'text as day',
        'dimensionValues.1.value': 'text as country_code',
        'dimensionValues.2.value': 'text as device_category',
        'metricValues.0.value': 'whole as sessions',
        'metricValues.1.value': 'whole as total_users',
        'metricValues.2.value': 'whole as transactions',
        'metricValues.3.value': 'number as purchase_revenue',
    },
    required=['dimensionValues.0.value'],
    left_out=['dimensionValues', 'metricValues'],
) }}

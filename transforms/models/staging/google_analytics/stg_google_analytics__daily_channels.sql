-- Visits by day and channel.

{{ staged(
    'google_analytics__daily_channel',
    fields={
        'dimensionValues.0.value': 'text as day',
        'dimensionValues.1.value': 'text as channel_group',
        'metricValues.0.value': 'whole as sessions',
        'metricValues.1.value': 'whole as engaged_sessions',
        'metricValues.2.value': 'whole as total_users',
        'metricValues.3.value': 'whole as new_users',
        'metricValues.4.value': 'whole as page_views',
        'metricValues.5.value': 'number as key_events',
        'metricValues.6.value': 'whole as transactions',
        'metricValues.7.value': 'number as purchase_revenue',
    },
    required=['dimensionValues.0.value'],
    left_out=['dimensionValues', 'metricValues'],
) }}

-- Visits by day, source, medium and campaign.

{{ staged(
    'google_analytics__daily_campaign',
    fields={
        'dimensionValues.0.value': 'text as day',
        'dimensionValues.1.value': 'text as source',
        'dimensionValues.2.value': 'text as medium',
        'dimensionValues.3.value': 'text as campaign',
        'metricValues.0.value': 'whole as sessions',
        'metricValues.1.value': 'whole as engaged_sessions',
        'metricValues.2.value': 'whole as total_users',
        'metricValues.3.value': 'number as key_events',
        'metricValues.4.value': 'whole as transactions',
        'metricValues.5.value': 'number as purchase_revenue',
    },
    required=['dimensionValues.0.value'],
    left_out=['dimensionValues', 'metricValues'],
) }}

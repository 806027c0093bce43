-- Items viewed and bought by day.

{{ staged(
    'google_analytics__daily_item',
    fields={
        'dimensionValues.0.value': 'text as day',
        'dimensionValues.1.value': 'text as item_id',
        'dimensionValues.2.value': 'text as item_name',
        'metricValues.0.value': 'whole as items_viewed',
        'metricValues.1.value': 'whole as items_added_to_cart',
        'metricValues.2.value': 'whole as items_purchased',
        'metricValues.3.value': 'number as item_revenue',
    },
    required=['dimensionValues.0.value'],
    left_out=['dimensionValues', 'metricValues'],
) }}

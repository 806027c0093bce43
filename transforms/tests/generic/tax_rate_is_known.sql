{#-
    Every line has a tax rate. A failure names the shops' countries, tax classes and dates that
    seeds/tax_rates.csv does not know: add the rate with its period there.
-#}
{% test tax_rate_is_known(model) %}

    select
        tenant_id,
        shop_id,
        product_id,
        min(business_date) as first_business_date,
        count(*) as lines_without_rate
    from {{ model }}
    where net_amount is null and gross_amount is not null
    group by tenant_id, shop_id, product_id

{% endtest %}

{#-
    No sale is dated after the day it was read. A failure names the receipts: their date is wrong in the till,
    or the till's clock was when they were rung up. Correct them there.
-#}
{% test business_date_has_come(model) %}

    select
        lines.tenant_id,
        lines.connection_id,
        lines.sale_id,
        lines.business_date,
        tenants.last_possible_date,
        count(*) as lines_ahead
    from {{ model }} as lines
    inner join {{ ref('dim_tenants') }} as tenants
        on lines.tenant_id = tenants.tenant_id
    where lines.business_date > tenants.last_possible_date
    group by lines.tenant_id, lines.connection_id, lines.sale_id, lines.business_date, tenants.last_possible_date

{% endtest %}

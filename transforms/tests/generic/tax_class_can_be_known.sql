{#-
    Where sale lines landed without their tax, so did products and their categories: else every line would be taxed at
    the standard rate. Single lines of unknown products are (fct_sale_lines); a failure names the connection
    that has none at all. Read its articles and categories too.
-#}
{% test tax_class_can_be_known(model) %}

    with

    selling as (

        select distinct
            tenant_id,
            connection_id
        from {{ model }}
        -- A source that says the tax of a line itself leaves nothing to know.
        where tax_rate_percent is not null

    )

    {%- for entity in ['products', 'categories'] %}
    {{ "union all" if not loop.first }}

    select
        selling.tenant_id,
        selling.connection_id,
        '{{ entity }}' as never_landed
    from selling
    left join {{ ref('std_' ~ entity) }} as known
        on selling.tenant_id = known.tenant_id
        and selling.connection_id = known.connection_id
    where known.tenant_id is null
    {%- endfor %}

{% endtest %}

{#-
    The columns together are a key: none of them is null and no two rows have the same.
    `of_one_connection` leaves out tenants with several connections: two tills may use the same number
    for different things, and what people read shows no connections.
-#}
{% test one_row_per(model, columns, of_one_connection=false) %}

    select
        {% for column in columns -%}
        {{ column }},
        {% endfor -%}
        count(*) as rows_with_this_key
    from {{ model }}
    {%- if of_one_connection %}
    where tenant_id in (select tenant_id from {{ ref('dim_tenants') }} where connection_count <= 1)
    {%- endif %}
    group by {{ columns | join(', ') }}
    having count(*) > 1 or {% for column in columns -%}
        {{ column }} is null{{ " or " if not loop.last }}
    {%- endfor %}

{% endtest %}

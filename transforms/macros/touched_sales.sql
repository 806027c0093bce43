{#-
    The receipts that the newly landed records of lines speak of, or ever spoke of: a correction may move
    a line from one receipt to another, and then both have changed.
-#}
{% macro touched_sales() -%}
    {%- for mapping in mappings_of('std_sale_lines') %}
    {{ "union all" if not loop.first }}
    select {{ surrogate_key(['tenant_id', 'connection_id', 'sale_id']) }} as sale_key
    from {{ mapping }}
    where record_key in (select record_key from {{ touched_records(mapping) }} as touched)
    {%- else %}
    select cast(null as varchar) as sale_key
    where false
    {%- endfor %}
{%- endmacro %}


{#-
    Takes touched receipts out of std_sales before they are built again. A receipt that a correction has
    emptied of all its past has no rows to build, so delete+insert alone would leave it standing.
-#}
{% macro forget_touched_sales() -%}
    {%- if is_incremental() -%}
    delete from {{ this }} where sale_key in ({{ touched_sales() }})
    {%- endif -%}
{%- endmacro %}

{#- The rows of a group as a JSON list of objects in the given order; `entries` maps their names to SQL. -#}
{% macro json_list(entries, order_by) -%}
    {{ return(adapter.dispatch('json_list', 'mercurios')(entries, order_by)) }}
{%- endmacro %}

{% macro duckdb__json_list(entries, order_by) -%}
    cast(to_json(list({
        {%- for name, value in entries.items() %}'{{ name }}': {{ value }}{{ ", " if not loop.last }}{% endfor -%}
    } order by {{ order_by }})) as varchar)
{%- endmacro %}

{% macro snowflake__json_list(entries, order_by) -%}
    to_json(array_agg(object_construct_keep_null(
        {%- for name, value in entries.items() %}'{{ name }}', {{ value }}{{ ", " if not loop.last }}{% endfor -%}
    )) within group (order by {{ order_by }}))
{%- endmacro %}

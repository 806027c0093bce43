{#- The last value of a window that is not null; `over (...)` follows it. -#}
{% macro last_known(value) -%}
    {{ return(adapter.dispatch('last_known', 'mercurios')(value)) }}
{%- endmacro %}

{% macro duckdb__last_known(value) -%}
    last_value({{ value }} ignore nulls)
{%- endmacro %}

{% macro snowflake__last_known(value) -%}
    last_value({{ value }}) ignore nulls
{%- endmacro %}

{#-
    The schemas are called as the layers are: raw, staging, standard, analytics. Where tenants share a database
    each has four of its own, which begin with its prefix.
-#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- if custom_schema_name -%}
        {%- set name = env_var('MERCURIOS_SCHEMA_PREFIX', '') ~ custom_schema_name | trim -%}
        {{- name | upper if target.type == 'snowflake' else name -}}
    {%- else -%}
        {{- target.schema -}}
    {%- endif -%}
{%- endmacro %}

{#- The schemas are called as the layers are, in every environment: raw, staging, standard, analytics. -#}
{% macro generate_schema_name(custom_schema_name, node) %}
    {{- custom_schema_name | trim if custom_schema_name else target.schema -}}
{% endmacro %}

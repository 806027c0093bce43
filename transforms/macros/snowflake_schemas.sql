{#-
    Schemas are made, granted and dropped by provisioning; the role that builds may do none of it.
    So dbt asks for the tenant's schemas alone, and where one is missing it says so instead of making it.
-#}
{% macro snowflake__list_schemas(database) %}
    {{ return(run_query(
        "show terse schemas like '" ~ env_var('MERCURIOS_SCHEMA_PREFIX') ~ "%' in database " ~ database
    )) }}
{% endmacro %}

{% macro snowflake__create_schema(relation) %}
    {{ exceptions.raise_compiler_error(
        "Schema " ~ relation.without_identifier() ~ " does not exist, or role " ~ target.role ~ " may not use it: provision the tenant."
    ) }}
{% endmacro %}

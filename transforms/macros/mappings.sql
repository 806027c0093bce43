{#-
    Which connectors a warehouse has models of. A tenant builds only those of the connectors it has records
    of: the variable `connectors`, which flows/dbt.py gives. Without it all are known, as lint and docs need it.
    It is a variable and not the environment, because dbt parses everything anew when a variable changes.
-#}
{% macro is_used(connector) -%}
    {{ return(target.name != 'ledger' and connector in var('connectors', [connector])) }}
{%- endmacro %}


{#- The mappings of an entity (see `mappings` in dbt_project.yml) whose connectors are used here. -#}
{% macro mappings_of(entity) -%}
    {%- set mappings = [] -%}
    {%- for connector in var('mappings')[entity] if is_used(connector) -%}
        {%- do mappings.append(ref(entity ~ '__' ~ connector)) -%}
    {%- endfor -%}
    {{ return(mappings) }}
{%- endmacro %}


{#-
    Says of a model that it maps a connector's records to an entity. Its columns are checked by the entity's
    contract, which sees them in the end: a contract of its own would say the same a second time.
-#}
{% macro mapping_of(connector) -%}
    {{ config(enabled=is_used(connector), contract={'enforced': false}) }}
{%- endmacro %}


{#- The columns that every mapping passes on as they are: whose record it is, and when it was seen. -#}
{% macro origin(relation=none) -%}
    {%- set columns = [
        'tenant_id', 'connection_id', 'record_key',
        'changed_at', 'content_hash', 'batch_id', 'extracted_at', 'landed_at',
    ] -%}
    {%- for column in columns %}
    {{ relation ~ '.' if relation }}{{ column }}{{ "," if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#-
    The columns of an entity that a source does not have: null, of the types that the entity's contract gives.
    A mapping names them, because one that is merely forgotten has to fail.
-#}
{% macro absent(entity, columns) -%}
    {%- set promised = graph.nodes['model.' ~ project_name ~ '.' ~ entity].columns if execute else {} -%}
    {%- for column in columns %}
    {%- if execute and column not in promised -%}
        {{ exceptions.raise_compiler_error(entity ~ ' has no column ' ~ column ~ '; correct the list of absent ones') }}
    {%- endif %}
    cast(null as {{ promised[column].data_type if execute else 'varchar' }}) as {{ column }}{{ "," if not loop.last }}
    {%- endfor %}
{%- endmacro %}

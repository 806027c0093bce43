{#-
    A lateral join that gives one row for each element of a JSON list.
    A record without the list, or with an empty one, has none; nor has one whose "list" is something else.
    `unnested_element` is one of them as `parsed_record` wants it, `unnested_place` where it stands, from 1.
-#}
{% macro unnested(field) -%}
    {{ return(adapter.dispatch('unnested', 'mercurios')(field)) }}
{%- endmacro %}

{% macro duckdb__unnested(field) -%}
    cross join unnest(json_extract({{ field_text(field) }}, '$[*]')) with ordinality as unnested (element, place)
{%- endmacro %}

{% macro snowflake__unnested(field) -%}
    , lateral flatten(input => as_array({{ snowflake_path(field) }})) as unnested
{%- endmacro %}


{% macro unnested_element() -%}
    {{ return(adapter.dispatch('unnested_element', 'mercurios')()) }}
{%- endmacro %}

{% macro duckdb__unnested_element() -%} unnested.element {%- endmacro %}

{% macro snowflake__unnested_element() -%} unnested.value {%- endmacro %}


{% macro unnested_place() -%}
    {{ return(adapter.dispatch('unnested_place', 'mercurios')()) }}
{%- endmacro %}

{% macro duckdb__unnested_place() -%} unnested.place {%- endmacro %}

{% macro snowflake__unnested_place() -%} unnested.index + 1 {%- endmacro %}

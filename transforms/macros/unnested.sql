{#-
    A lateral join that gives one row for each element of a JSON list.
    Each row has `element`, the JSON text of one, and `place`, where it stands in the list, from 1; a record without the list, or with an empty one, has none.
-#}
{% macro unnested(list) -%}
    {{ return(adapter.dispatch('unnested', 'mercurios')(list)) }}
{%- endmacro %}

{% macro duckdb__unnested(list) -%}
    cross join unnest(json_extract({{ list }}, '$[*]')) with ordinality as positions (element, place)
{%- endmacro %}

{% macro snowflake__unnested(list) -%}
    cross join lateral (
        select
            to_json(flattened.value) as element,
            flattened.index + 1 as place
        from table(flatten(input => parse_json({{ list }}))) as flattened
    ) as positions
{%- endmacro %}

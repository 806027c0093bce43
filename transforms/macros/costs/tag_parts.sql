{#- A query tag's tenant, connection, run, step and model, as a list of texts; null where the tag is no JSON. -#}
{% macro tag_parts(tag) -%}
    case when json_valid({{ tag }}) then json_extract_string({{ tag }}, ['$.t', '$.c', '$.r', '$.s', '$.n']) end
{%- endmacro %}


{#-
    A query's id as 8 bytes instead of 36: joins of ten million of them stay in memory. Two queries with the same
    key would fail the test that every query is there once. It means nothing outside of the file.
-#}
{% macro query_key(query_id) -%}
    hash({{ query_id }})
{%- endmacro %}

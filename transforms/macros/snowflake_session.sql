{#-
    Every statement carries a tag by which its cost is told apart. The run's part of it comes with the
    connection (profiles.yml); while a node is built its name stands in it as "n".

    The same statement fixes what an account may set otherwise and our casts count on: timestamps without a
    zone, and dates that are written 2025-03-03 wherever they become text (they are parts of our keys).
-#}
{% macro snowflake__set_query_tag() %}
    {% do run_query(
        "alter session set query_tag = '" ~ tag_with_node(target.query_tag, model.name) ~ "'"
        ~ " timestamp_type_mapping = 'TIMESTAMP_NTZ' timezone = 'UTC'"
        ~ " date_input_format = 'AUTO' timestamp_input_format = 'AUTO' date_output_format = 'YYYY-MM-DD'"
    ) %}
    {{ return(target.query_tag) }}
{% endmacro %}

{% macro snowflake__unset_query_tag(original_query_tag) %}
    {% do run_query("alter session set query_tag = '" ~ in_quotes(original_query_tag) ~ "'") %}
{% endmacro %}


{#- Compact JSON with one more name; a tag has at most 2000 characters, and names of tests are long. -#}
{% macro tag_with_node(tag, name) %}
    {%- set separator = "" if tag == '{}' else "," -%}
    {{ return(in_quotes(tag[:-1] ~ separator ~ '"n":' ~ tojson(name[:200]) ~ "}")) }}
{% endmacro %}

{% macro in_quotes(text) %}
    {{ return(text | replace("\\", "\\\\") | replace("'", "''")) }}
{% endmacro %}

{#- The given texts with a separator between them, nulls left out; null if all are. -#}
{% macro joined_texts(texts, separator) -%}
    {{ return(adapter.dispatch('joined_texts', 'mercurios')(texts, separator)) }}
{%- endmacro %}

{% macro duckdb__joined_texts(texts, separator) -%}
    nullif(concat_ws('{{ separator }}', {{ texts | join(', ') }}), '')
{%- endmacro %}

{#- Its concat_ws is null as soon as one text is. -#}
{% macro snowflake__joined_texts(texts, separator) -%}
    nullif(array_to_string(array_construct_compact({{ texts | join(', ') }}), '{{ separator }}'), '')
{%- endmacro %}

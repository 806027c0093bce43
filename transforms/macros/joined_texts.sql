{#-
    The given texts with a separator between them, nulls left out; null if all are.
    Engines differ in what concat_ws makes of a null, so each text brings its separator, and the first one is cut off.
-#}
{% macro joined_texts(texts, separator) -%}
    nullif(substr(
        {%- for text in texts %}
        coalesce('{{ separator }}' || {{ text }}, ''){{ " ||" if not loop.last }}
        {%- endfor %},
        {{ separator | length + 1 }}
    ), '')
{%- endmacro %}

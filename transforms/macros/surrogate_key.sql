{#-
    One md5 over several columns: our own key where a source has several, or none.

    Parts are divided by a character no till sends (unit separator), and null has a character of its own
    (record separator), so that ('a', 'b c'), ('a b', 'c') and ('a', null) never meet.
-#}
{% macro surrogate_key(columns) -%}
    md5(
        {%- for column in columns %}
        coalesce(cast({{ column }} as varchar), chr(30)){{ " || chr(31) ||" if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}

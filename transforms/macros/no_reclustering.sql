{#-
    Suspends the service that would keep a clustering key in order by itself, and be paid for it: setting a key
    starts it. What we cluster is written in order whenever it is rebuilt.
-#}
{% macro no_reclustering() -%}
    {%- if target.type == 'snowflake' -%}
    alter table {{ this }} suspend recluster
    {%- endif -%}
{%- endmacro %}

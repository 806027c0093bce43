{#- The whole seconds of a local date and time since its midnight, as clocks show it. -#}
{% macro seconds_of_day(local) -%}
    cast(
        extract(hour from {{ local }}) * 3600 + extract(minute from {{ local }}) * 60 + extract(second from {{ local }})
        as integer
    )
{%- endmacro %}

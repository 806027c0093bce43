{#- A decimal of nine digits as a whole number of billionths, which is exact. Nothing is none. -#}
{% macro nanos(amount) -%}
    cast(coalesce({{ amount }}, 0) * 1000000000 as bigint)
{%- endmacro %}


{#- A price with eighteen digits after the point as a whole number of them: products with it are exact. -#}
{% macro rate_units(price) -%}
    cast(replace(cast(cast({{ price }} as decimal(38, 18)) as varchar), '.', '') as hugeint)
{%- endmacro %}

{% macro rate_unit() -%}
    cast(1000000000000000000 as hugeint)
{%- endmacro %}


{#- Where the tenants' schemas are on Snowflake, and the code of the platform among the tenants. -#}
{% macro our_database() -%}
    MERCURIOS_DATA
{%- endmacro %}

{% macro platform_code() -%}
    00000000-0000-0000-0000-000000000000
{%- endmacro %}


{#- Whether a query of int_costs__queries used its warehouse in one hour of the day it started on, as nearly all do. -#}
{% macro is_of_one_hour() -%}
    (first_hour = last_hour and cast(first_hour as date) = day)
{%- endmacro %}


{#- Whether it used its warehouse on the day it started on alone. -#}
{% macro is_of_one_day() -%}
    (cast(first_hour as date) = day and cast(last_hour as date) = day)
{%- endmacro %}

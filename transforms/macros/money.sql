{#- Money in minor units (cents), and back. Whole numbers, so that arithmetic on them is exact. -#}
{% macro to_minor(amount) -%}
    cast({{ amount }} * 100 as bigint)
{%- endmacro %}

{#- In DuckDB a decimal divided by 100 is a double; multiplied by 0.01 it stays a decimal. -#}
{% macro from_minor(minor) -%}
    cast(cast({{ minor }} as decimal(18, 0)) * 0.01 as decimal(18, 2))
{%- endmacro %}


{#-
    The quotient of two whole numbers, rounded half away from zero, itself a whole number.
    `divisor` is positive. No double comes near it.
-#}
{% macro rounded_quotient(dividend, divisor) -%}
    case when {{ dividend }} < 0 then -1 else 1 end * {{ floor_quotient("(2 * abs(" ~ dividend ~ ") + " ~ divisor ~ ")", "(2 * " ~ divisor ~ ")") }}
{%- endmacro %}


{#- How often a positive whole number goes into a whole number that is not negative. -#}
{% macro floor_quotient(dividend, divisor) -%}
    {{ return(adapter.dispatch('floor_quotient', 'mercurios')(dividend, divisor)) }}
{%- endmacro %}

{% macro default__floor_quotient(dividend, divisor) -%}
    (({{ dividend }} - mod({{ dividend }}, {{ divisor }})) / {{ divisor }})
{%- endmacro %}

{% macro duckdb__floor_quotient(dividend, divisor) -%}
    ({{ dividend }} // {{ divisor }})
{%- endmacro %}


{#-
    What is left of a gross amount without its tax, to the cent, half a cent away from zero.
    The rate is in hundredths of a percent: 19 % is 1900.
-#}
{% macro net_amount(gross, rate) -%}
    {{ from_minor(rounded_quotient("(" ~ to_minor(gross) ~ " * 10000)", "(10000 + " ~ rate ~ ")")) }}
{%- endmacro %}


{#-
    `amount` divided by `count`, to the given number of digits, half away from zero; null if there is nothing
    to divide by. Both are decimals or whole numbers with at most three digits after the point.
-#}
{% macro quotient(amount, count, digits) -%}
    {%- set direction = "case when " ~ count ~ " < 0 then -1 else 1 end" -%}
    {%- set dividend = "(cast(" ~ amount ~ " * 1000 as bigint) * " ~ 10 ** digits ~ " * " ~ direction ~ ")" -%}
    case
        when {{ count }} <> 0
            then cast(
                cast({{ rounded_quotient(dividend, "cast(abs(" ~ count ~ ") * 1000 as bigint)") }} as decimal(18, 0))
                * {{ "0." ~ "0" * (digits - 1) ~ "1" }}
                as decimal(18, {{ digits }})
            )
    end
{%- endmacro %}

{#-
    Whole shares of a whole total: every share is rounded down, and what is left goes, one each, to those whose
    rounding lost most; `order` decides between equals. All are whole numbers, so sums are exact.

    A share is dividend / divisor before rounding. `total` is the sum that the shares of the partition shall have:
    the sum of the unrounded shares, or that sum rounded. Signs are kept: no share changes sides of zero.
-#}
{% macro largest_remainder(total, dividend, divisor, partition, order) -%}
    {{ floor_share(dividend, divisor) }}
    + case
        when row_number() over (
            partition by {{ partition | join(', ') }}
            order by {{ dividend }} - {{ floor_share(dividend, divisor) }} * {{ divisor }} desc, {{ order | join(', ') }}
        ) <= {{ total }} - sum({{ floor_share(dividend, divisor) }}) over (partition by {{ partition | join(', ') }})
            then 1
        else 0
    end
{%- endmacro %}


{#- Rounded down, also below zero, where whole division rounds towards zero. `divisor` is positive. -#}
{% macro floor_share(dividend, divisor) -%}
    ({{ dividend }} // {{ divisor }} - case when {{ dividend }} < 0 and {{ dividend }} % {{ divisor }} <> 0 then 1 else 0 end)
{%- endmacro %}

{#-
    The kinds of value a till sends, and how each is read from its text. One place for each quirk:

    text      '' means nothing
    key       the number of another record: 4012345678901.0 -> '4012345678901', 0 means none
    whole     a count or a code of at most nine digits
    quantity  pieces, to a thousandth
    percent   a rate, to a ten-thousandth
    money     to the cent, half a cent away from zero
    flag      true or false
    day       a business date; 1990-01-01 means never
    moment    a local date and time with up to seven fractional digits; 1990-01-01 means never
    json      a nested list, as JSON text

    What cannot be read becomes null here and is named by `unreadable_fields` (macros/record.sql).
    `keep_never` leaves the date that means "never" as it is: it is readable.
-#}
{% macro read_as(kind, text, keep_never=false) -%}
    {%- if kind == 'text' -%} nullif(trim({{ text }}), '')
    {%- elif kind == 'json' -%} {{ text }}
    {%- elif kind == 'key' -%} {{ read_key(text) }}
    {%- elif kind == 'whole' -%} cast(try_cast({{ text }} as decimal(9, 0)) as integer)
    {%- elif kind == 'quantity' -%} try_cast({{ text }} as decimal(18, 3))
    {%- elif kind == 'percent' -%} try_cast({{ text }} as decimal(9, 4))
    {%- elif kind == 'money' -%} {{ read_money(text) }}
    {%- elif kind == 'flag' -%} {{ read_flag(text) }}
    {%- elif kind == 'day' -%} {{ unless_never(read_date(text, 10, 'date'), 'date', keep_never) }}
    {%- elif kind == 'moment' -%} {{ unless_never(read_date(text, 26, 'datetime'), 'datetime', keep_never) }}
    {%- else -%} {{ exceptions.raise_compiler_error("Unknown kind of value '" ~ kind ~ "': add it to macros/kinds.sql.") }}
    {%- endif -%}
{%- endmacro %}

{#- A number with letters in it is a key as it stands. -#}
{% macro read_key(text) -%}
    nullif(coalesce(cast(try_cast({{ text }} as decimal(20, 0)) as varchar), nullif(trim({{ text }}), '')), '0')
{%- endmacro %}

{#- From ten trillion on, a JSON number has too few digits left for its cents: unreadable. -#}
{% macro read_money(text) -%}
    case
        when abs(try_cast({{ text }} as decimal(18, 2))) < 10000000000000
            then try_cast({{ text }} as decimal(18, 2))
    end
{%- endmacro %}

{#- Spelled out, because engines differ in the words they take for a boolean. -#}
{% macro read_flag(text) -%}
    case
        when lower({{ text }}) in ('true', 't', 'yes', 'y', '1', '1.0') then true
        when lower({{ text }}) in ('false', 'f', 'no', 'n', '0', '0.0') then false
    end
{%- endmacro %}

{#-
    Only what begins as 2025-03-03: Snowflake would read a bare number as seconds since 1970.
    As a `datetime`, which never has a zone; whether a `timestamp` has one is a setting of Snowflake's accounts.
-#}
{% macro read_date(text, length, type) -%}
    case when {{ text }} like '____-__-__%' then try_cast(left({{ text }}, {{ length }}) as {{ type }}) end
{%- endmacro %}

{% macro unless_never(value, type, keep_never) -%}
    {{ value if keep_never else "nullif(" ~ value ~ ", cast('1990-01-01' as " ~ type ~ "))" }}
{%- endmacro %}

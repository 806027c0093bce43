{#-
    The kinds of value a source sends, and how each is read from its text. One place for each quirk:

    text      '' means nothing
    key       the number of another record: 4012345678901.0 -> '4012345678901', 0 means none
    whole     a count or a code of at most nine digits
    quantity  pieces, to a thousandth
    percent   a rate, to a ten-thousandth
    money     to the cent, half a cent away from zero
    flag      true or false
    day       a business date; 1990-01-01 means never
    moment    a local date and time with up to seven fractional digits; 1990-01-01 means never
    instant   a moment with its zone (Z, +02:00, +0200), or in UTC where it names none: as a UTC timestamp
    epoch     seconds since 1970, as a UTC timestamp; epoch_ms are milliseconds
    hours     hours of work, to a ten-thousandth
    number    any other decimal number, to a millionth
    minor     an amount in the smallest unit of a currency that another field of the record names, to the cent:
              'minor of amount_money.currency'. How many there are in the unit is in ISO 4217: 1000 are 10.00 EUR,
              1000.00 JPY and 1.00 KWD
    json      a nested list or object, as JSON text

    What cannot be read becomes null here and is named by `unreadable_fields` (macros/record.sql).
    `keep_never` leaves the date that means "never" as it is: it is readable.
-#}
{% macro read_as(words, text, keep_never=false) -%}
    {%- set kind, _, rest = (words ~ ' ').partition(' ') -%}
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
    {%- elif kind == 'instant' -%} {{ read_instant(text) }}
    {%- elif kind == 'epoch' -%} {{ read_epoch(text, 1000) }}
    {%- elif kind == 'epoch_ms' -%} {{ read_epoch(text, 1) }}
    {%- elif kind == 'hours' -%} try_cast({{ text }} as decimal(12, 4))
    {%- elif kind == 'number' -%} try_cast({{ text }} as decimal(24, 6))
    {%- elif kind == 'minor' -%} {{ read_minor(text, field_text(rest.split(' ')[1])) }}
    {%- else -%} {{ exceptions.raise_compiler_error("Unknown kind of value '" ~ words ~ "': add it to macros/kinds.sql.") }}
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


{#- To the microsecond: a few sources write more digits than that. -#}
{% macro read_instant(text) -%}
    {{ return(adapter.dispatch('read_instant', 'mercurios')(text)) }}
{%- endmacro %}

{% macro duckdb__read_instant(text) -%}
    case when {{ text }} like '____-__-__%' then timezone('UTC', try_cast({{ text }} as timestamptz)) end
{%- endmacro %}

{#- It knows +0200 in some formats and not in others, and +02:00 in all. -#}
{% macro snowflake__read_instant(text) -%}
    {%- set with_colon = "left(" ~ text ~ ", length(" ~ text ~ ") - 2) || ':' || right(" ~ text ~ ", 2)" -%}
    case
        when {{ text }} like '____-__-__%:%+____' or {{ text }} like '____-__-__%:%-____'
            then cast(convert_timezone('UTC', try_cast({{ with_colon }} as timestamp_tz)) as timestamp_ntz)
        when {{ text }} like '____-__-__%'
            then cast(convert_timezone('UTC', try_cast({{ text }} as timestamp_tz)) as timestamp_ntz)
    end
{%- endmacro %}


{#- `unit` is in milliseconds. What is beyond the year 9999 is no moment. -#}
{% macro read_epoch(text, unit) -%}
    case
        when abs(try_cast({{ text }} as decimal(24, 6))) * {{ unit }} < 253402300800000
            then {{ milliseconds_after_1970("cast(try_cast(" ~ text ~ " as decimal(24, 6)) * " ~ unit ~ " as bigint)") }}
    end
{%- endmacro %}

{% macro milliseconds_after_1970(milliseconds) -%}
    {{ return(adapter.dispatch('milliseconds_after_1970', 'mercurios')(milliseconds)) }}
{%- endmacro %}

{% macro duckdb__milliseconds_after_1970(milliseconds) -%} epoch_ms({{ milliseconds }}) {%- endmacro %}

{% macro snowflake__milliseconds_after_1970(milliseconds) -%}
    dateadd(millisecond, {{ milliseconds }}, cast('1970-01-01' as timestamp_ntz))
{%- endmacro %}


{#- ISO 4217 lists the currencies whose smallest unit is not a hundredth. -#}
{% macro read_minor(text, currency) -%}
    cast(
        case when abs(try_cast({{ text }} as decimal(18, 0))) < 1000000000000000 then try_cast({{ text }} as decimal(18, 0)) end
        * case
            when upper({{ currency }}) in (
                'BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI', 'VND', 'VUV',
                'XAF', 'XOF', 'XPF'
            ) then 1.0000
            when upper({{ currency }}) in ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') then 0.0010
            when upper({{ currency }}) in ('CLF', 'UYW') then 0.0001
            when {{ currency }} is not null then 0.0100
        end
        as decimal(18, 2)
    )
{%- endmacro %}

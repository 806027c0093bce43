{#-
    A local date and time of a time zone (IANA name) as a UTC timestamp. In the night when an hour comes twice
    it is the second one; in the night when an hour is left out it is as late as if the clocks had not changed.
-#}
{% macro local_to_utc(local, time_zone) -%}
    {{ return(adapter.dispatch('local_to_utc', 'mercurios')(local, time_zone)) }}
{%- endmacro %}

{% macro duckdb__local_to_utc(local, time_zone) -%}
    timezone('UTC', timezone({{ time_zone }}, {{ local }}))
{%- endmacro %}

{#-
    Which of the two hours its convert_timezone takes is not documented, but from UTC there is only one answer.
    So: as far from UTC as a day later, if that is an hour the local clocks show; else as far as a day before.
-#}
{% macro snowflake__local_to_utc(local, time_zone) -%}
    {%- set later = shifted_to_utc(local, time_zone, days=1) -%}
    case
        when {{ utc_to_local(later, time_zone) }} = {{ local }} then {{ later }}
        else {{ shifted_to_utc(local, time_zone, days=-1) }}
    end
{%- endmacro %}

{% macro shifted_to_utc(local, time_zone, days) -%}
    {%- set then = "dateadd(day, " ~ days ~ ", " ~ local ~ ")" -%}
    dateadd(second, datediff(second, {{ utc_to_local(then, time_zone) }}, {{ then }}), {{ local }})
{%- endmacro %}


{#- A UTC timestamp as the local date and time of a time zone (IANA name). -#}
{% macro utc_to_local(utc, time_zone) -%}
    {{ return(adapter.dispatch('utc_to_local', 'mercurios')(utc, time_zone)) }}
{%- endmacro %}

{% macro duckdb__utc_to_local(utc, time_zone) -%}
    timezone({{ time_zone }}, timezone('UTC', {{ utc }}))
{%- endmacro %}

{% macro snowflake__utc_to_local(utc, time_zone) -%}
    convert_timezone('UTC', {{ time_zone }}, {{ utc }})
{%- endmacro %}


{#- A date and the seconds since its midnight as a timestamp. -#}
{% macro seconds_after(day, seconds) -%}
    {{ return(adapter.dispatch('seconds_after', 'mercurios')(day, seconds)) }}
{%- endmacro %}

{% macro duckdb__seconds_after(day, seconds) -%}
    (cast({{ day }} as timestamp) + to_seconds({{ seconds }}))
{%- endmacro %}

{% macro snowflake__seconds_after(day, seconds) -%}
    dateadd(second, {{ seconds }}, cast({{ day }} as timestamp_ntz))
{%- endmacro %}

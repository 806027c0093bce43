{#- A local date and time of a time zone (IANA name) as a UTC timestamp. -#}
{% macro local_to_utc(local, time_zone) -%}
    {{ return(adapter.dispatch('local_to_utc', 'mercurios')(local, time_zone)) }}
{%- endmacro %}

{% macro duckdb__local_to_utc(local, time_zone) -%}
    timezone('UTC', timezone({{ time_zone }}, {{ local }}))
{%- endmacro %}

{% macro snowflake__local_to_utc(local, time_zone) -%}
    convert_timezone({{ time_zone }}, 'UTC', {{ local }})
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

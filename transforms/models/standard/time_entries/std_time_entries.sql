{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='time_entry_key',
    on_schema_change='fail',
) }}

{% set tracked = [
    'time_entry_id',
    'company_id',
    'company_name',
    'charge_to_id',
    'charge_to_type',
    'member_id',
    'member_name',
    'location_id',
    'business_unit_id',
    'work_type_id',
    'work_type_name',
    'work_role_id',
    'work_role_name',
    'agreement_id',
    'agreement_name',
    'started_at',
    'ended_at',
    'deducted_hours',
    'actual_hours',
    'billable_option',
    'notes',
    'internal_notes',
    'entered_at',
    'entered_by',
    'changed_by',
    'is_deleted',
    'extensions',
    'unreadable_fields',
] %}

with

mapped as (

    {{ observations('std_time_entries', tracked) }}

),

observed as (

    select
        {{ surrogate_key(['tenant_id', 'connection_id', 'record_key']) }} as time_entry_key,
        *
    from mapped

),

latest as (

    {{ scd1('observed', key='time_entry_key', tracked=tracked) }}

)

select * from latest

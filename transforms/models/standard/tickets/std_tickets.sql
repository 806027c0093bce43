{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='ticket_key',
    on_schema_change='fail',
) }}

{% set tracked = [
    'ticket_id',
    'ticket_number',
    'summary',
    'description',
    'status',
    'priority',
    'severity',
    'impact',
    'urgency',
    'company_id',
    'company_name',
    'contact_id',
    'contact_name',
    'board_id',
    'board_name',
    'type_id',
    'type_name',
    'subtype_id',
    'subtype_name',
    'item_id',
    'item_name',
    'team_id',
    'team_name',
    'owner_id',
    'owner_name',
    'created_by',
    'created_at',
    'required_at',
    'budget_hours',
    'actual_hours',
    'is_approved',
    'is_closed',
    'closed_at',
    'closed_by',
    'changed_by',
    'is_deleted',
    'extensions',
    'unreadable_fields',
] %}

with

mapped as (

    {{ observations('std_tickets', tracked) }}

),

observed as (

    select
        {{ surrogate_key(['tenant_id', 'connection_id', 'record_key']) }} as ticket_key,
        *
    from mapped

),

history as (

    {{ scd2('observed', key='ticket_key', tracked=tracked) }}

)

select * from history

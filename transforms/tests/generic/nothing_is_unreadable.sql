{#-
    Nothing in the source's latest word on a record was unreadable or missing. A failure names the records
    and the fields: the retailer has to correct them in the till, or the field's kind in staging is wrong.
    Without a history every row is the latest word.
-#}
{% test nothing_is_unreadable(model, has_history=true) %}

    select
        tenant_id,
        connection_id,
        record_key,
        unreadable_fields
    from {{ model }}
    where
        unreadable_fields is not null
        {{ "and is_current" if has_history }}
        and not is_deleted

{% endtest %}


{#- The same for a staging view, whose latest word on a record has to be found first. -#}
{% test latest_is_readable(model) %}

    with

    latest as (

        select *
        from {{ model }}
        qualify row_number() over (
            partition by tenant_id, connection_id, record_key
            order by changed_at desc, extracted_at desc, batch_id desc, content_hash desc
        ) = 1

    )

    select
        tenant_id,
        connection_id,
        record_key,
        unreadable_fields
    from latest
    where unreadable_fields is not null

{% endtest %}

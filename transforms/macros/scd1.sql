{#-
    An entity as its source said it last: one row for each key, and no history. `observed` is as for `scd2`.

    A record that is observed late says nothing if a later change of it is known already; of two contents with one
    time of change the later extraction counts. Deletion is a content like any other: the row stays, with is_deleted.
-#}
{% macro scd1(observed, key, tracked) %}

    select
        tenant_id,
        connection_id,
        {{ key }},

        {% for column in tracked -%}
        {{ column }},
        {% endfor %}
        changed_at,
        record_key,
        batch_id,
        max(landed_at) over (partition by {{ key }}) as landed_at
    from {{ observed }}
    qualify row_number() over (
        partition by {{ key }}
        order by changed_at desc, extracted_at desc, batch_id desc, content_hash desc
    ) = 1

{% endmacro %}

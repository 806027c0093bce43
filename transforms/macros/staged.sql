{#-
    A whole staging model: one row for each content of a record that has landed, with the fields that are named.

    `table` is a raw table; `fields` are the ones to be typed, with their kinds (macros/record.sql, macros/kinds.sql).
    `required` ones hold the publication back when they are missing. All that the record says beyond `fields` and
    the objects in `left_out` is in `extensions`. With `each` a row is an element of that list in the record, and
    `place` is where it stands, from 1; fields, kinds and extensions are then those of the element. `within` is a list
    around that list: `outer_place` is where its element stands.

    A connector that is not used has no such model.
-#}
{% macro staged(table, fields, required=[], left_out=[], each=none, within=none) -%}
    {{ config(enabled=is_used(table.split('__')[0])) }}

    with

    landed as (

        select
            *,
            {{ parsed_record('payload', {within or each: 'json'} if each else fields) }} as record
        from {{ source('raw', table) }}

    ),
    {% if within %}

    outer_parsed as (

        select
            {{ origin('outer_elements') }},
            outer_elements.place as outer_place,
            {{ parsed_record('outer_elements.element', {each: 'json'}) }} as record
        from {{ elements_of('landed', within) }} as outer_elements

    ),
    {% endif %}
    {% if each %}

    parsed as (

        select
            *,
            {{ parsed_record('element', fields) }} as record
        from {{ elements_of('outer_parsed' if within else 'landed', each, ['outer_place'] if within else []) }} as elements

    ),
    {% endif %}

    typed as (

        select
            {{ "outer_place," if within }}
            {{ "place," if each }}
            {{ extensions('element' if each else 'payload', whole_fields(fields) + left_out) }} as extensions,
            {{ typed_columns(fields, required) }}
        from {{ 'parsed' if each else 'landed' }}

    )

    select * from typed
{%- endmacro %}


{#- One row for each element of a list in the records of a relation, with its place and what is passed on. -#}
{% macro elements_of(relation, field, passed_on=[]) -%}
    (
        select
            {{ origin(relation) }},
            {%- for column in passed_on %}
            {{ relation }}.{{ column }},
            {%- endfor %}
            cast({{ unnested_place() }} as integer) as place,
            {{ unnested_element() }} as element
        from {{ relation }}
        {{ unnested(field) }}
    )
{%- endmacro %}


{#- The fields that are no part of another one: they are in no need of `extensions` any more. -#}
{% macro whole_fields(fields) -%}
    {%- set whole = [] -%}
    {%- for field in fields if '.' not in field -%}
        {%- do whole.append(field) -%}
    {%- endfor -%}
    {{ return(whole) }}
{%- endmacro %}

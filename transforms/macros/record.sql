{#-
    Reading a record: the payload is parsed once, into all the fields a staging model names.

    `fields` is a mapping from the source's field to its kind (macros/kinds.sql). A field inside an object is
    written with a dot (`company.id`), an element of a list with its number (`emails.0.address`).
    Staging models call the parsed record `record` and give the columns the source's words in snake case
    (`company_id`), or another name where that one is taken or means something in SQL: 'end': 'instant as ended_at'.
-#}

{% macro parsed_record(payload, fields) -%}
    {{ return(adapter.dispatch('parsed_record', 'mercurios')(payload, fields)) }}
{%- endmacro %}

{#- Every field as text: a JSON number would otherwise pass through a double before it becomes money. -#}
{% macro duckdb__parsed_record(payload, fields) -%}
    json_transform({{ payload }}, '{{ structure_of(fields) }}')
{%- endmacro %}

{#- Raw has the parsed payload beside it, made once at load; an element of a list is parsed already. -#}
{% macro snowflake__parsed_record(payload, fields) -%}
    {{ 'parsed' if payload == 'payload' else payload }}
{%- endmacro %}


{#- The paths of fields as DuckDB's structure of a JSON: {"company":{"id":"VARCHAR"},"emails":["VARCHAR"]} -#}
{% macro structure_of(fields) -%}
    {%- set inner = {} -%}
    {%- for field in fields -%}
        {%- set name, _, rest = field.partition('.') -%}
        {%- if rest == '' and name in inner or inner.get(name) == [''] -%}
            {{ exceptions.raise_compiler_error(name ~ " is named as a whole and by its parts: choose one.") }}
        {%- endif -%}
        {%- do inner.setdefault(name, []).append(rest) -%}
    {%- endfor -%}
    {%- set parts = [] -%}
    {%- for name, paths in inner.items() -%}
        {%- set part = '"VARCHAR"' if paths == [''] else structure_of(paths) -%}
        {%- do parts.append(part if name.isdigit() else '"' ~ name ~ '":' ~ part) -%}
    {%- endfor -%}
    {%- if inner and (inner | first).isdigit() -%}
        {{ return('[' ~ parts[0] ~ ']') }}
    {%- endif -%}
    {{ return('{' ~ parts | join(',') ~ '}') }}
{%- endmacro %}


{% macro field_text(field) -%}
    {{ return(adapter.dispatch('field_text', 'mercurios')(field)) }}
{%- endmacro %}

{#- Its lists begin at 1. -#}
{% macro duckdb__field_text(field) -%}
    record
    {%- for name in field.split('.') -%}
        {{ '[' ~ (name | int + 1) ~ ']' if name.isdigit() else '."' ~ name ~ '"' }}
    {%- endfor -%}
{%- endmacro %}

{#- Trimmed, because its casts from text are not known to forgive the spaces that DuckDB's do. -#}
{% macro snowflake__field_text(field) -%}
    trim(cast({{ snowflake_path(field) }} as varchar))
{%- endmacro %}

{% macro snowflake_path(field) -%}
    record
    {%- for name in field.split('.') -%}
        {{ '[' ~ name ~ ']' if name.isdigit() else (':' if loop.first else '.') ~ '"' ~ name ~ '"' }}
    {%- endfor -%}
{%- endmacro %}


{#- articleSizeNumber -> article_size_number, isNOS -> is_nos, glN1 -> gl_n1, _info.updatedBy -> info_updated_by -#}
{% macro snake_case(field) -%}
    {%- set words = modules.re.sub('(?<=[a-z0-9])(?=[A-Z])', '_', field) -%}
    {{ return(modules.re.sub('[^A-Za-z0-9]+', '_', words).strip('_') | lower) }}
{%- endmacro %}


{#- The column of a field: 'instant as ended_at' says it, 'instant' leaves it to the field's name. -#}
{% macro column_of(field, kind) -%}
    {%- set _, _, said = kind.partition(' as ') -%}
    {{ return(said or snake_case(field)) }}
{%- endmacro %}


{#- The select list of a staging model: where the row comes from, then every field, typed. -#}
{% macro typed_columns(fields, required) -%}
    tenant_id,
    connection_id,
    record_key,
    {% for field, kind in fields.items() %}
    {{ read_as(kind, field_text(field)) }} as {{ column_of(field, kind) }},
    {%- endfor %}
    {{ unreadable_fields(fields, required) }} as unreadable_fields,
    changed_at,
    content_hash,
    batch_id,
    extracted_at,
    landed_at
{%- endmacro %}


{#-
    The fields of a record that could not be read as what they should be, or that are required and missing,
    as text; null if none.

    A value nobody can read becomes null in its column and its field's name appears here.
    The test `nothing_is_unreadable` then fails, so that it holds the publication back instead of vanishing,
    and passes again as soon as the source has corrected the record. A raising cast would instead
    block every later build, because raw keeps the bad row for ever.
-#}
{% macro unreadable_fields(fields, required) -%}
    {%- set doubtful = [] -%}
    {%- for field, kind in fields.items() if field in required or kind.partition(' ')[0] not in ['text', 'key', 'json'] -%}
        {%- set text = field_text(field) -%}
        {%- set is_said = "" if field in required else " and trim(" ~ text ~ ") <> ''" -%}
        {%- do doubtful.append(
            "case when " ~ read_as(kind, text, keep_never=field not in required) ~ " is null" ~ is_said ~ " then '" ~ field ~ "' end"
        ) -%}
    {%- endfor -%}
    {{ joined_texts(doubtful, ',') if doubtful else 'cast(null as varchar)' }}
{%- endmacro %}


{#-
    What the source said beyond the fields that standard has a column for, as JSON text.
    Fields we have never heard of are in it too: nothing a source says is lost on the way to standard.
    Only its digits may be: engines read a JSON number and write it anew, so 1.10 becomes 1.1, and one with more
    digits than a double holds is rounded. Keeping them would take reading every payload a second time, as text.
    Raw has them as they were; a number that has to be exact gets a column of its own.

    Of an object whose parts are fields (`company.id`) all the others would be lost with it: it stays as it is,
    unless `mapped` names it (`company`).

    Of a stream that is frozen (`drift: freeze`), a record has no more in it than the fields its connection is known
    to have. The variable `frozen` names them by raw table and connection; those at '' are for any other connection.
-#}
{% macro extensions(payload, mapped) -%}
    {%- set frozen = frozen_fields(payload) -%}
    {%- set others = limited(payload, mapped, frozen['']) if frozen else unlimited(payload, mapped) -%}
    {%- if frozen | length < 2 -%} {{ others }}
    {%- else -%}
    case connection_id
        {%- for connection, known in frozen.items() if connection %}
        when '{{ connection }}' then {{ limited(payload, mapped, known) }}
        {%- endfor %}
        else {{ others }}
    end
    {%- endif -%}
{%- endmacro %}

{#- Nothing if the model reads no frozen stream, or reads an element of a list: only names at the top are known. -#}
{% macro frozen_fields(payload) -%}
    {%- set found = [{}] -%}
    {%- for source in model.sources if payload == 'payload' and source[1] in var('frozen', {}) -%}
        {%- do found.append(var('frozen')[source[1]]) -%}
    {%- endfor -%}
    {{ return(found | last) }}
{%- endmacro %}


{% macro unlimited(payload, mapped) -%}
    {{ return(adapter.dispatch('unlimited', 'mercurios')(payload, mapped)) }}
{%- endmacro %}

{#- A merge patch removes what it sets to null (RFC 7396). -#}
{% macro duckdb__unlimited(payload, mapped) -%}
    cast(json_merge_patch({{ payload }}, {{ all_null(mapped) }}) as varchar)
{%- endmacro %}

{#- Names come back in the order of the alphabet. What is not an object has no names, as in a merge patch. -#}
{% macro snowflake__unlimited(payload, mapped) -%}
    coalesce(to_json({{ without(mapped) }}), '{}')
{%- endmacro %}


{#- Beyond `mapped` no other fields than those in `known`. -#}
{% macro limited(payload, mapped, known) -%}
    {{ return(adapter.dispatch('limited', 'mercurios')(payload, mapped, known)) }}
{%- endmacro %}

{% macro duckdb__limited(payload, mapped, known) -%}
    cast(json_merge_patch(
        {{ payload }},
        {{ all_null(mapped) }},
        '{' || array_to_string(list_transform(
            list_filter(json_keys({{ payload }}), lambda name: not list_contains([{{ sql_texts(known) }}], name)),
            lambda name: cast(to_json(name) as varchar) || ':null'
        ), ',') || '}'
    ) as varchar)
{%- endmacro %}

{% macro snowflake__limited(payload, mapped, known) -%}
    {%- if known -%} coalesce(to_json(object_pick({{ without(mapped) }}, {{ sql_texts(known) }})), '{}')
    {%- else -%} '{}'
    {%- endif -%}
{%- endmacro %}


{#- DuckDB: the patch that removes these fields. -#}
{% macro all_null(fields) -%}
    '{
        {%- for field in fields %}"{{ field }}":null{{ "," if not loop.last }}{% endfor -%}
    }'
{%- endmacro %}

{#- Snowflake: the record without these fields. -#}
{% macro without(fields) -%}
    object_delete(as_object(record), '{{ fields | join("', '") }}')
{%- endmacro %}

{#- Names that a source chose, as texts of SQL. On Snowflake a backslash means something in them. -#}
{% macro sql_texts(names) -%}
    {%- for name in names -%}
        {%- set quoted = name | replace("'", "''") -%}
        '{{ quoted | replace("\\", "\\\\") if target.type == 'snowflake' else quoted }}'{{ ", " if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

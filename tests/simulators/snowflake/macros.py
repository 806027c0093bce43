"""Snowflake's functions in the engine's words, where a result depends on the type of a value."""

from __future__ import annotations

HOME = "_fs_global.main"

_MACROS = [
    # A VARIANT's text has no quotes; a timestamp has milliseconds.
    """_sf_text(x) AS CASE typeof(x)
        WHEN 'JSON' THEN json_extract_string(CAST(x AS VARCHAR), '$')
        WHEN 'TIMESTAMP' THEN
            strftime(TRY_CAST(CAST(x AS VARCHAR) AS TIMESTAMP), '%Y-%m-%d %H:%M:%S.%g')
        WHEN 'TIMESTAMP WITH TIME ZONE' THEN
            strftime(TRY_CAST(CAST(x AS VARCHAR) AS TIMESTAMP), '%Y-%m-%d %H:%M:%S.%g') || ' +0000'
        ELSE CAST(x AS VARCHAR) END""",
    """_sf_to_char
        (x TIMESTAMP, f) AS strftime(x, f),
        (x TIMESTAMP WITH TIME ZONE, f) AS strftime(x, f),
        (x DATE, f) AS strftime(x, f)""",
    # A date stays a date.
    """_sf_date_add
        (x DATE, i) AS CAST(x + i AS DATE),
        (x TIMESTAMP, i) AS x + i,
        (x TIMESTAMP WITH TIME ZONE, i) AS x + i""",
    """_sf_date_trunc
        (unit, x DATE) AS CAST(date_trunc(unit, x) AS DATE),
        (unit, x TIMESTAMP) AS date_trunc(unit, x),
        (unit, x TIMESTAMP WITH TIME ZONE) AS date_trunc(unit, x)""",
    # A number in a text is a count since 1970; its size tells of what, seconds to nanoseconds.
    """_sf_try_timestamp(x) AS CASE
        WHEN TRY_CAST(x AS HUGEINT) IS NULL THEN TRY_CAST(x AS TIMESTAMP)
        WHEN abs(TRY_CAST(x AS HUGEINT)) < 31536000000
            THEN make_timestamp(CAST(x AS BIGINT) * 1000000)
        WHEN abs(TRY_CAST(x AS HUGEINT)) < 31536000000000
            THEN make_timestamp(CAST(x AS BIGINT) * 1000)
        WHEN abs(TRY_CAST(x AS HUGEINT)) < 31536000000000000 THEN make_timestamp(CAST(x AS BIGINT))
        ELSE make_timestamp(CAST(x AS BIGINT) // 1000) END""",
    """_sf_typeof(x) AS CASE json_type(to_json(x))
        WHEN 'VARCHAR' THEN 'VARCHAR' WHEN 'OBJECT' THEN 'OBJECT' WHEN 'ARRAY' THEN 'ARRAY'
        WHEN 'BOOLEAN' THEN 'BOOLEAN' WHEN 'NULL' THEN 'NULL_VALUE' WHEN 'DOUBLE' THEN 'DECIMAL'
        ELSE 'INTEGER' END""",
    "_sf_as_array(x) AS CASE WHEN json_type(to_json(x)) = 'ARRAY' THEN to_json(x) END",
    "_sf_as_object(x) AS CASE WHEN json_type(to_json(x)) = 'OBJECT' THEN to_json(x) END",
    "_sf_is_object(x) AS coalesce(json_type(to_json(x)) = 'OBJECT', FALSE)",
    """_sf_object_delete(x, patch) AS
        CASE WHEN json_type(x) = 'OBJECT' THEN json_merge_patch(x, patch) END""",
    """_sf_object_pick(x, names) AS CASE WHEN json_type(x) = 'OBJECT' THEN json_merge_patch(
        x, '{' || array_to_string(list_transform(
            list_filter(json_keys(x), lambda n: NOT json_contains(names, to_json(n))),
            lambda n: CAST(to_json(n) AS VARCHAR) || ':null'), ',') || '}') END""",
    """_sf_compact(x) AS to_json(list_filter(
        CAST(x AS JSON[]), lambda e: e IS NOT NULL AND json_type(e) <> 'NULL'))""",
    """_sf_array_to_string(x, separator) AS coalesce(array_to_string(list_transform(
        CAST(to_json(x) AS JSON[]), lambda e: coalesce(e ->> '$', '')), separator), '')""",
    # OUTER gives a row of nulls for what has no elements.
    """_sf_flatten(input, is_outer) AS TABLE
        SELECT hash(to_json(input))::UBIGINT AS SEQ, e.k AS KEY,
            coalesce(e.k, '[' || e.i || ']') AS PATH,
            e.i AS INDEX, e.v AS VALUE, to_json(input) AS THIS
        FROM (SELECT unnest(CASE
            WHEN json_type(to_json(input)) = 'OBJECT' AND len(json_keys(to_json(input))) > 0
                THEN list_transform(json_keys(to_json(input)), lambda x: struct_pack(
                    k := x, i := NULL::BIGINT,
                    v := CAST(to_json(input) -> ('$."' || x || '"') AS JSON)))
            WHEN json_type(to_json(input)) = 'ARRAY' AND json_array_length(to_json(input)) > 0
                THEN list_transform(CAST(to_json(input) AS JSON[]), lambda x, n: struct_pack(
                    k := NULL::VARCHAR, i := n - 1, v := coalesce(x, 'null'::JSON)))
            WHEN is_outer THEN [struct_pack(k := NULL::VARCHAR, i := NULL::BIGINT, v := NULL::JSON)]
        END, recursive := true)) AS e(k, i, v)""",
]


def creation_sql() -> list[str]:
    return [f"CREATE OR REPLACE MACRO {HOME}.{macro}" for macro in _MACROS]

"""The parameters that a session has: there is no way to invent one of one's own."""

from __future__ import annotations

from tests.simulators.snowflake.account.errors import bad_property
from tests.simulators.snowflake.account.words import Words

SESSION_PARAMETERS = frozenset({
    "ABORT_DETACHED_QUERY", "AUTOCOMMIT", "BINARY_INPUT_FORMAT", "BINARY_OUTPUT_FORMAT",
    "CLIENT_MEMORY_LIMIT", "CLIENT_METADATA_REQUEST_USE_CONNECTION_CTX",
    "CLIENT_PREFETCH_THREADS", "CLIENT_RESULT_CHUNK_SIZE", "CLIENT_SESSION_KEEP_ALIVE",
    "CLIENT_SESSION_KEEP_ALIVE_HEARTBEAT_FREQUENCY", "CLIENT_TIMESTAMP_TYPE_MAPPING",
    "DATE_INPUT_FORMAT", "DATE_OUTPUT_FORMAT", "ERROR_ON_NONDETERMINISTIC_MERGE",
    "ERROR_ON_NONDETERMINISTIC_UPDATE", "GEOGRAPHY_OUTPUT_FORMAT", "JSON_INDENT", "LOCK_TIMEOUT",
    "LOG_LEVEL", "MULTI_STATEMENT_COUNT", "QUERY_TAG", "QUOTED_IDENTIFIERS_IGNORE_CASE",
    "ROWS_PER_RESULTSET", "SIMULATED_DATA_SHARING_CONSUMER", "STATEMENT_QUEUED_TIMEOUT_IN_SECONDS",
    "STATEMENT_TIMEOUT_IN_SECONDS", "STRICT_JSON_OUTPUT", "TIMESTAMP_DAY_IS_ALWAYS_24H",
    "TIMESTAMP_INPUT_FORMAT", "TIMESTAMP_LTZ_OUTPUT_FORMAT", "TIMESTAMP_NTZ_OUTPUT_FORMAT",
    "TIMESTAMP_OUTPUT_FORMAT", "TIMESTAMP_TYPE_MAPPING", "TIMESTAMP_TZ_OUTPUT_FORMAT", "TIMEZONE",
    "TIME_INPUT_FORMAT", "TIME_OUTPUT_FORMAT", "TRACE_LEVEL", "TRANSACTION_ABORT_ON_ERROR",
    "TRANSACTION_DEFAULT_ISOLATION_LEVEL", "TWO_DIGIT_CENTURY_START",
    "UNSUPPORTED_DDL_ACTION", "USE_CACHED_RESULT", "WEEK_OF_YEAR_POLICY", "WEEK_START",
    "PYTHON_CONNECTOR_QUERY_RESULT_FORMAT", "ENABLE_UNREDACTED_QUERY_SYNTAX_ERROR",
})  # fmt: skip


def check_parameters(words: Words) -> None:
    """:raises AccountError: 001006; sessions have no properties but Snowflake's own"""
    setting = words.one_of("SET", "UNSET") == "SET"
    while not (words.done or words.take(";")):
        name = words.any_word()
        if name not in SESSION_PARAMETERS:
            raise bad_property(name, "SESSION")
        if setting:
            words.need("=")
            words.value()
        words.take(",")

"""Snowflake's protocol on a local engine: the real fakesnow server, its known gaps mended."""

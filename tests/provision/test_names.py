"""Nothing gets into a statement that is no plain name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.provision import statements
from flows.provision.names import checked, tenant_prefix, tenant_schema, text
from flows.provision.permissions import Grant
from flows.warehouse import snowflake_sql


@pytest.mark.parametrize("name", ["", "a", "A B", "A;B", 'A"', "A.", "1A", "Ä", "A\n", "A'--"])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no plain name"):
        checked(name)


@pytest.mark.parametrize("slug", ["", "Alice", "a_b", "-a", "a--b", "a b", "a\n", "1a"])
def test_what_is_no_slug_is_refused(slug: str) -> None:
    with pytest.raises(ValueError, match="no slug"):
        tenant_prefix(slug)


def test_the_warehouse_finds_the_schemas_under_the_same_names() -> None:
    assert tenant_schema("alster-mode", "RAW") == snowflake_sql.prefix("alster-mode") + "RAW"


@given(st.text(max_size=20))
def test_a_text_cannot_leave_its_quotes(value: str) -> None:
    inner = text(value)[1:-1]

    assert "'" not in inner.replace("\\\\", "").replace("''", "")
    assert not (len(inner) - len(inner.rstrip("\\"))) % 2


def test_a_name_that_somebody_else_chose_keeps_its_quotes() -> None:
    grant = Grant("STRANGER", "SELECT", "TABLE", 'A.B."till ""1"".x"')

    assert (
        statements.revoke(grant) == 'REVOKE SELECT ON TABLE A.B."till ""1"".x" FROM ROLE STRANGER'
    )


def test_a_role_that_somebody_else_named_is_quoted() -> None:
    grant = Grant("o'neill; --", "USAGE", "SCHEMA", "A.B")

    assert statements.revoke(grant) == 'REVOKE USAGE ON SCHEMA A.B FROM ROLE "o\'neill; --"'

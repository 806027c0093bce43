"""The shared views: the tenants' own tables one below the other, behind the row policy."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from flows.provision.actual import Guard
from flows.provision.names import ROW_POLICY, checked, tenant_schema, text
from flows.provision.published import TENANT_COLUMN, Column, Published

UNION = "\nUNION ALL\n"
_SAYS = "mercurios:"


@dataclass(frozen=True)
class Branch:
    """One tenant's table in a shared view."""

    tenant: str
    schema: str


@dataclass(frozen=True)
class SharedView:
    database: str
    published: Published
    branches: tuple[Branch, ...]

    @property
    def name(self) -> str:
        return checked(f"{self.database}.ANALYTICS.{self.published.name}")

    @property
    def selects(self) -> list[str]:
        return [self._of(branch) for branch in self.branches]

    @property
    def guards(self) -> list[Guard]:
        admin = f"{self.database}.ADMIN"
        masks = [
            Guard(f"{admin}.{column.mask}", self.published.name, column.name)
            for column in self.published.columns
            if column.mask
        ]
        return [Guard(f"{admin}.{ROW_POLICY}", self.published.name, ""), *masks]

    def _of(self, branch: Branch) -> str:
        words = [
            f"{text(branch.tenant)} AS {TENANT_COLUMN}"
            if column.name == TENANT_COLUMN and not self.published.says_its_tenant
            else column.name
            for column in self.published.columns
        ]
        table = checked(f"{self.database}.{branch.schema}.{self.published.name}")
        return f"SELECT {', '.join(words)} FROM {table}"


def shared_view(
    *, database: str, published: Published, having: list[tuple[str, str]]
) -> SharedView:
    """
    :param having: code and slug of each tenant who has the table
    """
    branches = [Branch(code, tenant_schema(slug, "ANALYTICS")) for code, slug in having]
    return SharedView(database, published, tuple(branches))


def create_view(view: SharedView) -> str:
    """Policies are said again: a replaced view would have lost them. So would it its grants."""
    return create_view_of(view, view.selects)


def create_view_of(view: SharedView, selects: list[str]) -> str:
    """The same view of other branches, each as its SELECT."""
    admin = f"{view.database}.ADMIN"
    columns = ", ".join(
        f"{column.name} WITH MASKING POLICY {checked(f'{admin}.{column.mask}')}"
        if column.mask
        else column.name
        for column in view.published.columns
    )
    # Without a tenant that has it the view is empty, but there, with its types.
    select = UNION.join(selects or [_nothing(view.published.columns)])
    return (
        f"CREATE OR REPLACE SECURE VIEW {view.name} ({columns})\n"
        f"WITH ROW ACCESS POLICY {checked(f'{admin}.{ROW_POLICY}')} ON ({TENANT_COLUMN})\n"
        f"COPY GRANTS\nCOMMENT = {text(_fingerprint(view, selects))}\nAS\n{select}"
    )


def fingerprint(view: SharedView) -> str:
    """Stands in the view's comment, so that any other definition is recognised."""
    return _fingerprint(view, view.selects)


def _fingerprint(view: SharedView, selects: list[str]) -> str:
    told = repr((view.published.columns, selects))
    return _SAYS + hashlib.sha256(told.encode()).hexdigest()[:16]


def _nothing(columns: tuple[Column, ...]) -> str:
    words = [f"CAST(NULL AS {column.type}) AS {column.name}" for column in columns]
    return f"SELECT {', '.join(words)} WHERE FALSE"


def selects_of(told: str) -> list[str]:
    """The SELECT of each branch, out of the text that SHOW VIEWS answers."""
    found = re.search(r"(?is)\bAS\s+(SELECT\b.*)$", told)
    if found is None:
        return []
    whole = " ".join(found[1].rstrip("; \n").split())
    return [each for each in whole.split(" UNION ALL ") if " FROM " in each]


def reads(select: str, schema: str) -> bool:
    """Whether a branch is that of a schema, and not of one whose name begins or ends alike."""
    return re.search(rf"\.{schema}\.[A-Z0-9_]+$", select) is not None

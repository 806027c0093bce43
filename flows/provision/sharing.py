"""Whose tables are in the shared views: those that are there, with every published column."""

from __future__ import annotations

from flows.provision.account import Account
from flows.provision.actual import Actual
from flows.provision.desired import Desired
from flows.provision.names import checked, tenant_schema
from flows.provision.plan import agrees
from flows.provision.published import TENANT_COLUMN, Published
from flows.provision.views import SharedView, shared_view


def shared_views(account: Account, wanted: Desired, held: Actual) -> list[SharedView]:
    """A tenant who is not built yet, or not with today's models, joins with a later apply."""
    return [_view(account, wanted, held, each) for each in wanted.published]


def _view(account: Account, wanted: Desired, held: Actual, published: Published) -> SharedView:
    having = []
    for tenant in wanted.tenants:
        schema = tenant_schema(tenant.slug, "ANALYTICS")
        names = held.tables.get(schema, frozenset()) | held.views.get(schema, frozenset())
        if published.name in names:
            having.append((tenant.code, tenant.slug))
    view = shared_view(database=wanted.database, published=published, having=having)
    if agrees(view, held):
        return view  # so each of them has had the columns when it was made
    complete = [
        (code, slug)
        for code, slug in having
        if _needed(published) <= _columns(account, wanted.database, held, slug, published.name)
    ]
    return shared_view(database=wanted.database, published=published, having=complete)


def _needed(published: Published) -> set[str]:
    return {
        column.name
        for column in published.columns
        if published.says_its_tenant or column.name != TENANT_COLUMN
    }


def _columns(account: Account, database: str, held: Actual, slug: str, name: str) -> set[str]:
    schema = tenant_schema(slug, "ANALYTICS")
    kind = "TABLE" if name in held.tables.get(schema, frozenset()) else "VIEW"
    return {
        str(value)
        for row in account.rows(f"DESCRIBE {kind} {checked(f'{database}.{schema}.{name}')}")
        for key, value in row.items()
        if key.lower() == "name"
    }

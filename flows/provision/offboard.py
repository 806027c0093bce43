"""A tenant leaves: its four schemas, its role, its mapping and its place in the shared views go."""

from __future__ import annotations

from collections.abc import Iterator

from flows.provision import statements as say
from flows.provision.account import Account
from flows.provision.actual import Actual
from flows.provision.apply import run
from flows.provision.desired import Desired
from flows.provision.names import ADMIN, LAYERS, tenant_role, tenant_schema
from flows.provision.reading import read
from flows.provision.step import Part, Plan, Step
from flows.provision.views import create_view_of, reads, selects_of, shared_view


class StillATenant(Exception):
    """The next apply would create anew what was dropped."""


def offboarding(account: Account, wanted: Desired, *, slug: str) -> Plan:
    """Every statement that offboarding would send; an empty plan if nothing is left of it.

    :param wanted: of the tenants that stay, or with the one that leaves
    """
    held = read(account, wanted, whole=False)
    return Plan(tuple(_steps(wanted, held, slug)))


def offboard(account: Account, wanted: Desired, *, slug: str) -> Plan:
    found = offboarding(account, wanted, slug=slug)
    run(account, found.steps)
    return found


def _steps(wanted: Desired, held: Actual, slug: str) -> Iterator[Step]:
    # First nobody looks at the tables any more, then they are dropped.
    yield from _without_branch(wanted, held, slug)
    codes = _codes(wanted, held, slug)
    for row in sorted(held.mapping, key=lambda row: (row.role, row.tenant)):
        if row.role == tenant_role(slug) or row.tenant in codes:
            yield _step(
                f"delete the mapping of {row.role} to {row.tenant}",
                say.delete_mapping(wanted.database, row),
                wakes=True,
            )
    for layer in LAYERS:
        name = tenant_schema(slug, layer)
        if name in held.schemas:
            schema = f"{wanted.database}.{name}"
            yield _step(f"drop the schema {schema} and all it holds", say.drop_schema(schema))
    if (role := tenant_role(slug)) in held.roles:
        yield _step(f"drop the role {role}", say.drop_role(role))


def _codes(wanted: Desired, held: Actual, slug: str) -> set[str]:
    """Its code. The portal has forgotten it, the mapping of its role has not."""
    known = {each.code for each in wanted.tenants if each.slug == slug}
    mapped = {row.tenant for row in held.mapping if row.role == tenant_role(slug)}
    return known | mapped - {each.code for each in wanted.tenants}


def _without_branch(wanted: Desired, held: Actual, slug: str) -> Iterator[Step]:
    schema = tenant_schema(slug, "ANALYTICS")
    for published in wanted.published:
        found = held.shared_views.get(published.name)
        selects = selects_of(found.text) if found else []
        rest = [each for each in selects if not reads(each, schema)]
        if rest != selects:
            view = shared_view(database=wanted.database, published=published, having=[])
            yield _step(
                f"take the tenant out of the shared view {view.name}", create_view_of(view, rest)
            )


def _step(sentence: str, sql: str, *, wakes: bool = False) -> Step:
    return Step(sentence, sql, ADMIN, Part.OFFBOARDING, wakes=wakes)

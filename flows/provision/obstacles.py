"""What a plan can only tell: what stays as it is, and what its owner has to hand over first."""

from __future__ import annotations

from collections.abc import Iterator

from flows.provision.actual import Actual
from flows.provision.desired import Desired
from flows.provision.names import ACCOUNT_ADMIN, ADMIN, tenant_role


def notes(wanted: Desired, held: Actual) -> Iterator[str]:
    ours = {schema.name for schema in wanted.schemas}
    for name in sorted(held.schemas.keys() - ours):
        yield (
            f"The schema {wanted.database}.{name} is of no tenant on Snowflake; it stays."
            " Use offboard if the tenant has left."
        )
    for schema in wanted.schemas:
        found = held.schemas.get(schema.name)
        if found is not None and found.schema.is_transient != schema.is_transient:
            is_now = "transient" if found.schema.is_transient else "not transient"
            yield (
                f"The schema {wanted.database}.{schema.name} is {is_now}, which only making it"
                " anew could change; it stays."
            )
    if held.monitors is None:
        yield (
            f"Monitors, the network policy and what {ADMIN} itself may do were not compared: that"
            f" needs {ACCOUNT_ADMIN}."
        )
    elif ADMIN in held.roles and not held.inside:
        yield f"What belongs to {ADMIN} can be compared once these steps are done."


def blocked(wanted: Desired, held: Actual) -> Iterator[str]:
    """Things under our names that somebody else owns: their owner has to hand them over."""
    warehouses = {each.name for each in wanted.warehouses}
    ours = {schema.name for schema in wanted.schemas}
    users = {user.name for user in wanted.users}
    views = {view.name for view in wanted.published}
    owned = [
        *(("ROLE", name, held.roles.get(name)) for name in wanted.roles),
        *(("WAREHOUSE", n, w.owner) for n, w in held.warehouses.items() if n in warehouses),
        ("DATABASE", wanted.database, held.databases.get(wanted.database)),
        *(
            ("SCHEMA", f"{wanted.database}.{name}", state.owner)
            for name, state in held.schemas.items()
            if name in ours
        ),
        *(("USER", name, state.owner) for name, state in held.users.items() if name in users),
        *(
            ("VIEW", f"{wanted.database}.ANALYTICS.{name}", state.owner)
            for name, state in held.shared_views.items()
            if name in views
        ),
    ]
    yield from _inherited(wanted, held)
    for kind, name, owner in owned:
        if owner is not None and owner != ADMIN:
            yield (
                f"The {kind.lower()} {name} belongs to {owner or 'another role'}. Its owner has to"
                f" run: GRANT OWNERSHIP ON {kind} {name} TO ROLE {ADMIN} COPY CURRENT GRANTS"
            )


def _inherited(wanted: Desired, held: Actual) -> Iterator[str]:
    """Schemas are named by the slug: a new tenant must not come into what another one left."""
    for tenant in wanted.tenants:
        codes = {row.tenant for row in held.mapping if row.role == tenant_role(tenant.slug)}
        if codes and tenant.code not in codes:
            yield (
                f"The slug {tenant.slug} was another tenant's, whose data is still there. Remove"
                f" the new tenant, run `offboard {tenant.slug} --apply`, and add it again then."
            )

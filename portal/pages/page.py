"""What every page of a tenant is made from."""

from __future__ import annotations

from dataclasses import dataclass

from portal.pages.asked import Asked
from portal.publications.manifest import Manifest
from portal.publications.reading import Reading
from portal.tenants.models import Tenant


@dataclass(frozen=True)
class Page:
    tenant: Tenant
    manifest: Manifest
    reading: Reading
    asked: Asked

    def definition(self, view: str, column: str) -> str:
        return self.manifest.definition(view=view, column=column)

    def currencies(self, view: str) -> list[str]:
        """Each is a block of its own, since money of two currencies is never added up.

        The tenant's own comes first.
        """
        found = self.reading.rows(
            f"select distinct currency from {view} where currency is not null"  # noqa: S608 - our view
        )
        codes = sorted(row["currency"] for row in found)
        return sorted(codes, key=lambda code: code != self.tenant.currency)

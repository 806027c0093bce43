"""`manage.py rotate_credentials`: the second half of a key rotation."""

from __future__ import annotations

from typing import Any

from portal.cli.door import Door
from portal.connections.secrets import secret_store


class Command(Door):
    help = (
        "Seal all credentials with the newest key. First put it in front of the others in"
        " MERCURIOS_CREDENTIAL_KEYS; afterwards the others can be removed."
    )

    def answer(self, **options: Any) -> dict[str, int]:
        return {"resealed": secret_store().reseal()}

    def show(self, result: dict[str, int]) -> None:
        self.stdout.write(f"{result['resealed']} credentials were sealed with the newest key.")

"""What has to be there before Django can start: generated secrets, kept with the data.

Only the standard library: this runs before anything else is loaded.
"""

from __future__ import annotations

import base64
import os
import secrets
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent.parent


def home() -> Path:
    return Path(os.environ.get("MERCURIOS_HOME") or PROJECT / "var").resolve()


def ensure_settings() -> None:
    """Write `settings.env` once, readable by its owner alone. What is there is never changed."""
    file = home() / "settings.env"
    if file.exists():
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    lines = [
        "# Written once by `manage.py up`. Losing the keys loses the stored credentials.",
        f"MERCURIOS_SECRET_KEY={secrets.token_urlsafe(50)}",
        f"MERCURIOS_CREDENTIAL_KEYS=1:{base64.b64encode(secrets.token_bytes(32)).decode()}",
        f"MERCURIOS_PSEUDONYM_KEY={secrets.token_urlsafe(32)}",
        f"MERCURIOS_SERVICE_TOKEN=mk_{secrets.token_urlsafe(32)}",
        "MERCURIOS_ALLOWED_HOSTS=127.0.0.1,localhost",
        "MERCURIOS_HTTPS=false",
    ]
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as stream:
        stream.write("\n".join(lines) + "\n")


def prepare_environment(arguments: list[str]) -> None:
    """Before `up`: its settings; and its demo may read from a till on this machine."""
    ensure_settings()
    if "--demo" in arguments:
        os.environ["MERCURIOS_ALLOW_PRIVATE_HOSTS"] = "true"

"""What has to be there before Django can start: generated secrets, kept with the data.

Only the standard library: this runs before anything else is loaded.
"""

from __future__ import annotations

import base64
import os
import secrets
import sys
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
    try:
        with os.fdopen(handle, "w") as stream:
            stream.write("\n".join(lines) + "\n")
    except OSError:
        file.unlink()  # half of it would pass as settings at the next start
        raise


def prepare_environment(arguments: list[str]) -> None:
    """Before `up`: its settings; and its demo may read from a till on this machine."""
    os.umask(0o077)  # what it and its programs write is nobody else's to read
    try:
        ensure_settings()
    except OSError as error:
        sys.exit(
            f"Mercurios cannot keep its data in {home()}: {error.strerror}. Make it a folder that"
            " you may write to, or choose another one with MERCURIOS_HOME."
        )
    if "--demo" in arguments:
        os.environ["MERCURIOS_ALLOW_PRIVATE_HOSTS"] = "true"

"""Issuing, checking and revoking API keys."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from portal.access.models import ApiKey
from portal.lib.errors import Refused
from portal.tenants.models import Tenant

# What a key may be allowed to do. `flows` is for the worker, `platform` for operators' programs.
TENANT_SCOPES = ("read", "write")
PLATFORM_SCOPES = ("read", "write", "platform", "flows")
PREFIX = "mk_"


@dataclass(frozen=True)
class IssuedKey:
    key: ApiKey
    secret: str = field(repr=False)


def issue_key(
    *,
    name: str,
    scopes: list[str],
    at: datetime,
    tenant: Tenant | None = None,
    expires_at: datetime | None = None,
    secret: str | None = None,
) -> IssuedKey:
    """Create a key. The secret is in the answer and nowhere else.

    :raises Refused: if it has no name, no time to live, or a scope not for this kind of key
    """
    check_new_key(name=name, scopes=scopes, tenant=tenant, expires_at=expires_at, at=at)
    secret = secret or PREFIX + secrets.token_urlsafe(32)
    key = ApiKey.objects.create(
        tenant=tenant,
        name=name,
        digest=digest(secret),
        hint=secret[:7],
        scopes=sorted(set(scopes)),
        created_at=at,
        expires_at=expires_at,
    )
    return IssuedKey(key=key, secret=secret)


def check_new_key(
    *,
    name: str,
    scopes: list[str],
    tenant: Tenant | None,
    expires_at: datetime | None,
    at: datetime,
) -> None:
    """:raises Refused: with the first thing to correct"""
    if not 1 <= len(name.strip()) <= 80:
        raise Refused("Give the key a name of at most 80 characters.", field="name")
    known = TENANT_SCOPES if tenant else PLATFORM_SCOPES
    if not scopes or not set(scopes) <= set(known):
        kind = "A tenant's key" if tenant else "A platform key"
        raise Refused(f"{kind} has scopes from {', '.join(known)}. Choose those.", field="scopes")
    if expires_at and expires_at <= at:
        raise Refused("Choose a moment in the future, or none.", field="expires_at")


def expiry_within(parent: ApiKey, *, asked: datetime | None) -> datetime | None:
    """When a key that another key issues expires: at the latest with the one that issues it.

    :raises Refused: if it is asked to last longer
    """
    if parent.expires_at is None:
        return asked
    if asked is not None and asked > parent.expires_at:
        raise Refused(
            f"Choose a moment until {parent.expires_at.isoformat()}, when the key that issues it"
            " expires.",
            field="expires_at",
        )
    return asked or parent.expires_at


def digest(secret: str) -> str:
    """A plain hash is enough: a secret has 256 random bits, so it cannot be guessed from it."""
    return hashlib.sha256(secret.encode()).hexdigest()


def key_for(*, secret: str, at: datetime) -> ApiKey | None:
    """The usable key with this secret, if there is one."""
    key = ApiKey.objects.select_related("tenant").filter(digest=digest(secret)).first()  # unique
    if key is None or key.revoked_at or (key.expires_at and key.expires_at <= at):
        return None
    if key.last_used_at is None or at - key.last_used_at > timedelta(minutes=1):
        key.last_used_at = at
        # Not `save`: the key may be removed at this moment, which is no error.
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=at)
    return key


def revoke_key(*, key: ApiKey, at: datetime) -> None:
    if key.revoked_at is None:
        key.revoked_at = at
        key.save(update_fields=["revoked_at"])


def ensure_service_key(*, secret: str, at: datetime) -> None:
    """Let the worker's token in. Doing it again changes nothing; another token is a second key.

    :raises Refused: if there is no token
    """
    if not secret:
        raise Refused("Set MERCURIOS_SERVICE_TOKEN to a long random text first.")
    is_known = ApiKey.objects.filter(digest=digest(secret))
    try:
        with transaction.atomic():
            if not is_known.exists():
                issue_key(name="worker", scopes=["flows", "platform"], at=at, secret=secret)
    except IntegrityError:
        if not is_known.exists():  # otherwise somebody else did it at the same moment
            raise

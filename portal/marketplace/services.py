"""Uploading connectors, and choosing which tenant uses which version."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django_scopes import scopes_disabled

from flows.connectors.catalog import connectors
from flows.connectors.uploaded import digest_of
from portal.lib.errors import Refused
from portal.marketplace.bounded import inspect_upload
from portal.marketplace.models import ConnectorVersion, Rollout, Trial, UploadedConnector
from portal.marketplace.packages import LARGEST_UPLOAD, MB
from portal.marketplace.selectors import has_succeeded
from portal.tenants.models import Tenant

LONGEST_NOTE = 400


def upload(
    *,
    content: bytes,
    note: str,
    by: AbstractBaseUser,
    at: datetime,
    connector: UploadedConnector | None = None,
) -> ConnectorVersion:
    """Keep an upload as the next version of its connector. Nobody uses it yet.

    :param connector: which one it has to be a version of; any, and also a new one, if left out
    :raises Refused: with the first thing to correct; nothing is kept then
    """
    if not note.strip():
        raise Refused("Say in a few words what is new in this version.", field="note")
    if len(content) > LARGEST_UPLOAD:  # before a process is started for it
        raise Refused(
            f"The file is larger than {LARGEST_UPLOAD // MB} MB. Leave samples out.", field="file"
        )
    found = inspect_upload(content)
    _check_name(found["name"], connector)
    try:
        with transaction.atomic():
            return _kept(found, note=note.strip()[:LONGEST_NOTE], by=by, at=at)
    except IntegrityError as error:
        raise Refused(
            f"Somebody else uploaded a version of {found['name']} just now. Look at it, then upload"
            " yours again.",
            field="file",
        ) from error


def _check_name(name: str, connector: UploadedConnector | None) -> None:
    if name in connectors():
        raise Refused(
            f"There already is a connector {name} that comes with Mercurios. Choose another name.",
            field="file",
        )
    if connector is not None and connector.name != name:
        raise Refused(
            f"This is a connector {name}, and not {connector.name}. Choose another file, or upload"
            " it as a new connector.",
            field="file",
        )


def _kept(
    found: dict[str, Any], *, note: str, by: AbstractBaseUser, at: datetime
) -> ConnectorVersion:
    uploaded, _ = UploadedConnector.objects.select_for_update().get_or_create(
        name=found["name"], defaults={"title": found["title"], "created_at": at}
    )
    newest = uploaded.versions.order_by("-number").first()
    texts = {name: found[name] for name in ("document", "docs", "questions", "samples")}
    if newest is not None and all(getattr(newest, name) == each for name, each in texts.items()):
        raise Refused(f"This is the same as {newest}. Nothing was kept.", field="file")
    if uploaded.title != found["title"]:
        uploaded.title = found["title"]
        uploaded.save(update_fields=["title"])
    return ConnectorVersion.objects.create(
        connector=uploaded,
        number=newest.number + 1 if newest else 1,
        digest=digest_of(found["document"], found["questions"]),
        note=note,
        who=by.get_username(),
        uploaded_by_id=by.pk,
        uploaded_at=at,
        **texts,
    )


def keep_trial(
    *,
    version: ConnectorVersion,
    tenant: Tenant,
    connection_name: str,
    result: dict[str, Any],
    by: AbstractBaseUser,
    at: datetime,
) -> Trial:
    with scopes_disabled():  # the tenant is named in the call
        return Trial.objects.create(
            version=version,
            tenant=tenant,
            connection_name=connection_name,
            ok=result["ok"],
            result=result,
            who=by.get_username(),
            at=at,
        )


def check_can_be_used(version: ConnectorVersion) -> None:
    """:raises Refused: if nobody has tried it with success"""
    if not has_succeeded(version):
        raise Refused(
            f"{version} has never been tried with success. Try it with an account first.",
            field="version",
        )


def use(*, version: ConnectorVersion, tenants: Iterable[Tenant], who: str, at: datetime) -> None:
    """From the next run on, these tenants use this version.

    :raises Refused: if it has never been tried with success; then nothing changes
    """
    check_can_be_used(version)
    with transaction.atomic(), scopes_disabled():  # the tenants are named in the call
        for tenant in tenants:
            current = _held(version.connector, tenant)
            if current is not None and current.version_id == version.pk:
                continue
            Rollout.objects.create(
                connector=version.connector,
                tenant=tenant,
                version=version,
                previous=_superseded(current),
                act=Rollout.Act.ROLLED_OUT,
                who=who,
                at=at,
            )


def previous_version(*, connector: UploadedConnector, tenant: Tenant) -> ConnectorVersion:
    """Where rolling back leads to.

    :raises Refused: if the tenant had none before
    """
    with scopes_disabled():  # the tenant is named in the call
        current = (
            Rollout.objects.filter(connector=connector, tenant=tenant, is_current=True)
            .select_related("previous__version__connector")
            .first()  # one at most
        )
        if current is None or current.previous is None or current.previous.version is None:
            raise Refused(
                f"{tenant} has used no other version of {connector} before. Withdraw it instead."
            )
        found: ConnectorVersion = current.previous.version
        return found


def roll_back(*, connector: UploadedConnector, tenant: Tenant, who: str, at: datetime) -> None:
    """Use the version again that the tenant used before this one; connections stay as they are.

    :raises Refused: if there was none
    """
    with transaction.atomic(), scopes_disabled():  # the tenant is named in the call
        current = _held(connector, tenant)
        version = previous_version(connector=connector, tenant=tenant)
        before = current.previous if current else None
        _superseded(current)
        Rollout.objects.create(
            connector=connector,
            tenant=tenant,
            version=version,
            previous=before.previous if before else None,
            act=Rollout.Act.ROLLED_BACK,
            who=who,
            at=at,
        )


def withdraw(*, connector: UploadedConnector, tenant: Tenant, who: str, at: datetime) -> None:
    """The tenant may not use it any more. Its connections stay, and their runs say why they end.

    :raises Refused: if it does not use it
    """
    with transaction.atomic(), scopes_disabled():  # the tenant is named in the call
        current = _held(connector, tenant)
        if current is None or current.version_id is None:
            raise Refused(f"{tenant} does not use {connector}.")
        Rollout.objects.create(
            connector=connector,
            tenant=tenant,
            version=None,
            previous=_superseded(current),
            act=Rollout.Act.WITHDRAWN,
            who=who,
            at=at,
        )


def hold_connector(name: str) -> None:
    """Let others who change what tenants use of it, or which of its streams are read, wait.

    Hold it before a connection, never after it: two could wait for each other. Of a connector that
    we bring there is nothing to hold, since its streams stay.
    """
    UploadedConnector.objects.select_for_update().filter(name=name).first()  # the name is unique


def _held(connector: UploadedConnector, tenant: Tenant) -> Rollout | None:
    """What the tenant uses now; nobody changes it before the end of the transaction."""
    hold_connector(connector.name)
    current: Rollout | None = Rollout.objects.filter(
        connector=connector, tenant=tenant, is_current=True
    ).first()  # one at most
    return current


def _superseded(current: Rollout | None) -> Rollout | None:
    if current is not None:
        current.is_current = False
        current.save(update_fields=["is_current"])
    return current

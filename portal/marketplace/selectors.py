"""Which connectors a tenant may use: those that we bring, and those rolled out to it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from django_scopes import scopes_disabled

from flows.connectors.catalog import broken_connectors, connectors
from flows.connectors.spec import Connector, ConnectorInvalid
from flows.connectors.uploaded import ConnectorDocument, connector_from
from portal.lib.errors import Refused
from portal.marketplace.binding import addresses_of, binding_of
from portal.marketplace.models import ConnectorVersion, Rollout, Trial, UploadedConnector
from portal.tenants.models import Tenant

if TYPE_CHECKING:
    from django.db.models import QuerySet


def connectors_for(tenant: Tenant) -> Mapping[str, Connector]:
    """By name. What cannot be read any more is left out."""
    found = dict(connectors())
    if tenant.pk is None:
        return found  # one that is about to be created was rolled out nothing
    with scopes_disabled():  # the tenant is named in the call
        current = Rollout.objects.filter(tenant=tenant, is_current=True, version__isnull=False)
        versions = [each.version for each in current.select_related("version__connector")]
    for version in versions:
        if version is not None and version.connector.name not in found:
            try:
                found[version.connector.name] = spec_of(version)
            except Refused:
                continue
    return found


def connector_for(*, tenant: Tenant, name: str) -> Connector:
    """:raises Refused: if there is none of that name, or none that this tenant may use"""
    built_in = connectors().get(name)
    if built_in is not None:
        return built_in
    version = version_for(tenant=tenant, name=name)
    if version is not None:
        return spec_of(version)
    uploaded = UploadedConnector.objects.filter(name=name).first()  # the name is unique
    if uploaded is not None:
        raise Refused(
            f"{uploaded.title} is not rolled out to {tenant}. Ask the platform's operator for it.",
            field="connector",
        )
    known = ", ".join(sorted(connectors_for(tenant)))
    # A folder that cannot be used may be the very one that is meant.
    said = [f"There is no connector {name}. Known: {known}.", *broken_connectors()]
    raise Refused(" ".join(said), field="connector")


def version_for(*, tenant: Tenant, name: str) -> ConnectorVersion | None:
    """The version of an uploaded connector that a tenant uses. None for a connector of ours."""
    if name in connectors() or tenant.pk is None:
        return None
    with scopes_disabled():  # the tenant is named in the call
        current = (
            Rollout.objects.filter(tenant=tenant, connector__name=name, is_current=True)
            .select_related("version__connector")
            .first()  # one at most
        )
    version: ConnectorVersion | None = current.version if current else None
    return version


def versions_in_use(tenant: Tenant) -> dict[str, int]:
    """The numbers of the versions of uploaded connectors that a tenant uses, by name."""
    ours = connectors()
    with scopes_disabled():  # the tenant is named in the call
        current = Rollout.objects.filter(tenant=tenant, is_current=True, version__isnull=False)
        found = current.values_list("connector__name", "version__number")
        return {name: number for name, number in found if name not in ours}


def spec_of(version: ConnectorVersion) -> Connector:
    """:raises Refused: if a later release of ours does not understand it any more"""
    try:
        return _parsed(
            version.connector.name,
            version.number,
            version.digest,
            version.document,
            tuple(version.questions.items()),
        )
    except ConnectorInvalid as error:
        raise Refused(
            f"{version} cannot be used any more: {error}. Upload a corrected one.",
            field="connector",
        ) from error


def document_of(version: ConnectorVersion) -> ConnectorDocument:
    """As a flow run gets it."""
    return ConnectorDocument(
        version=version.number,
        digest=version.digest,
        text=version.document,
        questions=version.questions,
    )


def binding_for(connector: Connector) -> str:
    """What credentials entered for it are bound to. Empty for a connector of ours.

    :param connector: from `connector_for`: whoever looks it up twice may find two versions
    """
    return "" if connector.name in connectors() else binding_of(connector)


def where_uploaded_sends(connector: Connector) -> str:
    """In words, for whoever enters credentials. Empty for a connector of ours."""
    return "" if connector.name in connectors() else ", ".join(addresses_of(connector))


def binding_of_version(version: ConnectorVersion | None) -> str:
    """The same of a version that a run was pinned to."""
    return "" if version is None else binding_of(spec_of(version))


def uploaded_connectors() -> QuerySet[UploadedConnector]:
    return UploadedConnector.objects.order_by("name")


def uploaded_title(name: str) -> str:
    """Empty if none was uploaded under this name."""
    found = UploadedConnector.objects.filter(name=name).values_list("title", flat=True).first()
    return found or ""


def versions_of(connector: UploadedConnector) -> QuerySet[ConnectorVersion]:
    """Newest first."""
    found: QuerySet[ConnectorVersion] = connector.versions.select_related("connector")
    return found.order_by("-number")


def trials_of(version: ConnectorVersion) -> QuerySet[Trial]:
    """Newest first, of all tenants."""
    found: QuerySet[Trial] = Trial.objects.filter(version=version).select_related("tenant")
    return found.order_by("-pk")


def has_succeeded(version: ConnectorVersion) -> bool:
    with scopes_disabled():  # a trial with any tenant's account counts
        return Trial.objects.filter(version=version, ok=True).exists()


def rollouts_of(connector: UploadedConnector) -> QuerySet[Rollout]:
    """What each tenant uses now, by tenant; those that it was withdrawn from, too."""
    found: QuerySet[Rollout] = Rollout.objects.filter(connector=connector, is_current=True)
    return found.select_related("tenant", "version__connector", "previous__version").order_by(
        "tenant__name"
    )


@lru_cache(maxsize=256)
def _parsed(
    name: str, number: int, digest: str, document: str, questions: tuple[tuple[str, str], ...]
) -> Connector:
    texts = ConnectorDocument(
        version=number, digest=digest, text=document, questions=dict(questions)
    )
    return connector_from(name, texts)

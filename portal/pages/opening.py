"""Opens the publication that a page is about, for those who may see it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest
from django.utils import timezone

from portal.costs.readings import note_reading
from portal.pages import amounts
from portal.pages.asked import Asked
from portal.pages.page import Page
from portal.publications.lake import lake
from portal.publications.manifest import Manifest, published_at
from portal.publications.reader import open_publication, publications, read_manifest
from portal.tenants.models import Tenant
from portal.tenants.selectors import tenants_of

# Earlier ones can still be asked for by name.
MOST_CHOICES = 100


@dataclass(frozen=True)
class Choice:
    """A publication to choose, named by its time in the tenant's time zone."""

    name: str
    label: str
    is_chosen: bool


def visible_tenant(request: HttpRequest, slug: str) -> Tenant:
    """A tenant one may not see and a tenant that does not exist are the same: not found."""
    tenant = tenants_of(request.user).filter(slug=slug).first()  # the slug is unique
    if tenant is None:
        raise Http404
    return tenant


def note_reader(request: HttpRequest, tenant: Tenant) -> None:
    """Staff look after the pages: that they see them says nothing about whether they are read."""
    if not getattr(request.user, "is_staff", False):
        note_reading(tenant=tenant, at=timezone.now())


def manifest_asked(tenant: Tenant, asked: Asked) -> Manifest:
    """:raises NothingPublished, NoSuchPublication, PublicationBroken: as the reader does"""
    return read_manifest(lake=lake(), tenant=tenant.code, publication=asked.publication)


@contextmanager
def opened(tenant: Tenant, asked: Asked, manifest: Manifest) -> Iterator[Page]:
    """:raises PublicationBroken: if a file of it is missing or torn"""
    with open_publication(lake=lake(), tenant=tenant.code, manifest=manifest) as reading:
        yield Page(tenant=tenant, manifest=manifest, reading=reading, asked=asked)


def choices(tenant: Tenant, chosen: str) -> list[Choice]:
    zone = ZoneInfo(tenant.time_zone)
    names = publications(lake=lake(), tenant=tenant.code)
    return [
        Choice(name=name, label=_label(published_at(name), zone), is_chosen=name == chosen)
        for name in names[:MOST_CHOICES]
    ]


def newest_label(tenant: Tenant) -> str:
    """When the tenant's newest numbers were published; empty where there are none yet.

    :raises PublicationBroken: if the list of publications is torn
    """
    names = publications(lake=lake(), tenant=tenant.code)
    return _label(published_at(names[0]), ZoneInfo(tenant.time_zone)) if names else ""


def _label(at: datetime, zone: ZoneInfo) -> str:
    return amounts.moment(at, zone)

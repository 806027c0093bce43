"""The pages of a tenant for its members: figures with their definition and their age."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from csp.constants import SELF
from csp.decorators import csp_replace
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django_scopes import scope

from portal.connections.selectors import connections
from portal.pages.asked import Asked
from portal.pages.customers import customers
from portal.pages.freshness import freshness
from portal.pages.opening import (
    choices,
    manifest_asked,
    newest_label,
    note_reader,
    opened,
    visible_tenant,
)
from portal.pages.overview import overview
from portal.pages.page import Page
from portal.pages.products import products
from portal.pages.sales import sales
from portal.pages.shops import shops
from portal.pages.stock import stock
from portal.pages.waiting import next_step
from portal.pipelines.models import Restraint
from portal.pipelines.selectors import restraint_of
from portal.publications.manifest import Manifest
from portal.publications.reader import NoSuchPublication, NothingPublished
from portal.publications.reading import PublicationBroken
from portal.tenants.models import Tenant
from portal.tenants.selectors import tenants_of

logger = logging.getLogger(__name__)

# Each page: its title, what fills it, and the published view behind it.
PAGES: dict[str, tuple[str, Callable[[Page], dict[str, Any]], str]] = {
    "overview": ("Overview", overview, "business_dashboard"),
    "sales": ("Sales", sales, "daily_sales_summary"),
    "products": ("Products", products, "product_performance"),
    "stock": ("Stock", stock, "inventory_status"),
    "shops": ("Shops", shops, "shop_performance"),
    "customers": ("Customers", customers, "customer_insights"),
}

# No inline style, no data: images: these pages need neither.
strict = csp_replace({"style-src": [SELF], "img-src": [SELF]})


@require_safe
@login_required
@never_cache
def home(request: HttpRequest) -> HttpResponse:
    """The tenants one may see; straight on to the only one."""
    found = list(tenants_of(request.user))
    if len(found) == 1:
        return redirect("tenant-page", found[0].slug)
    return render(
        request, "pages/tenants.html", {"tenants": [(each, _newest(each)) for each in found]}
    )


def _newest(tenant: Tenant) -> str:
    try:
        label = newest_label(tenant)
    except PublicationBroken as error:
        return str(error)
    return f"Published {label}" if label else "Nothing published yet"


@require_safe
@login_required
@never_cache
def tenant_page(request: HttpRequest, slug: str, view: str = "overview") -> HttpResponse:
    tenant = visible_tenant(request, slug)
    frame = _frame(tenant, view)
    with scope(tenant=tenant):
        try:
            return _published_page(request, tenant, view, frame)
        except NothingPublished:
            context = {**frame, "next_step": next_step()}
            return render(request, "pages/waiting.html", context)
        except (NoSuchPublication, PublicationBroken) as error:
            status = 404 if isinstance(error, NoSuchPublication) else 503
            logger.warning("%s/%s: %s", slug, view, error)
            context = {**frame, "sentence": str(error)}
            return render(request, "pages/unavailable.html", context, status=status)


def _published_page(
    request: HttpRequest, tenant: Tenant, view: str, frame: dict[str, Any]
) -> HttpResponse:
    asked = Asked(request.GET)
    manifest = manifest_asked(tenant, asked)
    _, fill, published_view = PAGES[view]
    with opened(tenant, asked, manifest) as page:
        content = fill(page)
    note_reader(request, tenant)
    context = frame | _about(tenant, asked, manifest, published_view) | content
    return render(request, f"pages/{view}.html", context)


def _frame(tenant: Tenant, view: str) -> dict[str, Any]:
    restraint = restraint_of(tenant)
    return {
        "tenant": tenant,
        # A warning is for those who can act on it; members are told what they can see.
        "held_back": restraint.reason if restraint and restraint.level in Restraint.SLOW else "",
        "view": view,
        "title": PAGES[view][0],
        "tabs": [(name, title) for name, (title, _, _) in PAGES.items()],
    }


def _about(tenant: Tenant, asked: Asked, manifest: Manifest, view: str) -> dict[str, Any]:
    found = choices(tenant, manifest.publication)
    is_newest = bool(found) and found[0].is_chosen
    return {
        "choices": found,
        "is_newest": is_newest,
        "freshness": freshness(
            manifest=manifest,
            connections=connections(),
            time_zone=tenant.time_zone,
            now=timezone.now(),
        ),
        "published_view": view,
        "publication_query": "" if is_newest else f"?publication={manifest.publication}",
        "as_of": "" if is_newest else manifest.publication,
        "kept_for_publication": asked.kept("publication"),
    }

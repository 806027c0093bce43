"""A published view as a CSV file."""

from __future__ import annotations

from typing import IO

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from portal.lib.errors import Refused
from portal.pages.asked import Asked
from portal.pages.opening import manifest_asked, note_reader, opened, visible_tenant
from portal.pages.page import Page
from portal.publications.export import csv_file
from portal.publications.reading import PublicationBroken


@require_safe
@login_required
@never_cache
def download(request: HttpRequest, slug: str, view: str) -> HttpResponseBase:
    """The whole view: a file is sent when it is complete, never the first half of one."""
    tenant = visible_tenant(request, slug)
    asked = Asked(request.GET)
    try:
        manifest = manifest_asked(tenant, asked)
        if view not in manifest.views:
            raise Http404
        with opened(tenant, asked, manifest) as page:
            file = _csv_file(page, view)
        note_reader(request, tenant)
    except Refused as error:
        return HttpResponse(error.message, content_type="text/plain; charset=utf-8", status=404)
    except PublicationBroken as error:
        return HttpResponse(str(error), content_type="text/plain; charset=utf-8", status=503)
    return FileResponse(
        file,
        as_attachment=True,
        filename=f"{slug}_{view}_{manifest.publication}.csv",
        content_type="text/csv; charset=utf-8",
    )


def _csv_file(page: Page, view: str) -> IO[bytes]:
    columns = [column.name for column in page.manifest.views[view].columns]
    names = ", ".join(f'"{name}"' for name in columns)
    rows = page.reading.stream(f'select {names} from "{view}"')  # noqa: S608 - checked names
    return csv_file(columns, rows)

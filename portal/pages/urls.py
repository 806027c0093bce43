"""The addresses of the tenants' pages."""

from __future__ import annotations

from django.urls import path, re_path

from portal.pages.downloads import download
from portal.pages.views import PAGES, home, strict, tenant_page

urlpatterns = [
    path("", strict(home), name="home"),
    path("t/<slug:slug>/", strict(tenant_page), name="tenant-page"),
    re_path(
        rf"^t/(?P<slug>[-\w]+)/(?P<view>{'|'.join(PAGES)})/$",
        strict(tenant_page),
        name="tenant-page",
    ),
    re_path(r"^t/(?P<slug>[-\w]+)/(?P<view>[a-z_]+)\.csv$", download, name="tenant-csv"),
]

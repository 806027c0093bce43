"""The addresses of the pages of costs, in the admin."""

from __future__ import annotations

from django.urls import path

from portal.costs import (
    admin_budgets,
    admin_day,
    admin_details,
    admin_overview,
    admin_report,
    admin_tenant,
)

app_name = "costs"
urlpatterns = [
    path("", admin_overview.overview, name="overview"),
    path("collect/", admin_overview.collect_page, name="collect"),
    path("tenants/<slug:slug>/", admin_tenant.tenant_page, name="tenant"),
    path("days/<str:day>/", admin_day.day_page, name="day"),
    path("details/<slug:what>/", admin_details.details, name="details"),
    path("unattributed/", admin_details.unattributed, name="unattributed"),
    path("report/", admin_report.latest_report, name="latest_report"),
    path("report/<str:day>/", admin_report.report, name="report"),
    path("advice/", admin_report.advice_page, name="advice"),
    path("budgets/", admin_budgets.budgets_page, name="budgets"),
    path("budgets/lift/", admin_budgets.override_page, name="override_platform"),
    path("budgets/lift/<slug:slug>/", admin_budgets.override_page, name="override"),
]

"""The addresses of the REST API, version 1."""

from __future__ import annotations

from django.urls import path, re_path

from portal.api import (
    budgets,
    connections,
    connectors,
    costs,
    deletes,
    deployments,
    drift,
    estimates,
    flow,
    keys,
    ledger,
    marketplace,
    members,
    platform,
    publications,
    rows,
    runs,
    tenants,
    warehouses,
)
from portal.api.docs import DocsView, SchemaView
from portal.api.views import NothingHereApi

TENANT = "tenants/<slug:tenant>"
CONNECTION = f"{TENANT}/connections/<slug:connection>"
PUBLICATION = f"{TENANT}/publications/<slug:publication>"

urlpatterns = [
    path("schema", SchemaView.as_view(), name="schema"),
    path("docs", DocsView.as_view(url_name="schema"), name="api-docs"),
    path("connectors", connectors.ConnectorsApi.as_view()),
    path("tenants", tenants.TenantsApi.as_view()),
    path(TENANT, tenants.TenantApi.as_view()),
    path(f"{TENANT}/members", members.MembersApi.as_view()),
    path(f"{TENANT}/members/<str:user>", members.MemberApi.as_view()),
    path(f"{TENANT}/keys", keys.KeysApi.as_view()),
    path(f"{TENANT}/keys/<uuid:code>", keys.KeyApi.as_view()),
    path(f"{TENANT}/connections", connections.ConnectionsApi.as_view()),
    path(CONNECTION, connections.ConnectionApi.as_view()),
    path(f"{CONNECTION}/credentials", connections.ConnectionCredentialsApi.as_view()),
    path(f"{CONNECTION}/test", connections.ConnectionTestApi.as_view()),
    path(f"{CONNECTION}/schedule", deployments.ConnectionScheduleApi.as_view()),
    path(f"{CONNECTION}/schedule/price", estimates.ConnectionSchedulePriceApi.as_view()),
    path(f"{CONNECTION}/deployment", deployments.ConnectionDeploymentApi.as_view()),
    path(f"{CONNECTION}/deletes", deletes.ConnectionDeletesApi.as_view()),
    path(f"{CONNECTION}/runs", runs.ConnectionRunsApi.as_view()),
    path(f"{TENANT}/runs", runs.RunsApi.as_view()),
    path(f"{TENANT}/runs/<uuid:code>", runs.RunApi.as_view()),
    path(f"{TENANT}/runs/<uuid:code>/cancel", runs.RunCancelApi.as_view()),
    path(f"{TENANT}/drift", drift.DriftEventsApi.as_view()),
    path(f"{TENANT}/drift/<uuid:code>/acknowledge", drift.DriftAcknowledgeApi.as_view()),
    path(f"{TENANT}/publications", publications.PublicationsApi.as_view()),
    path(PUBLICATION, publications.PublicationApi.as_view()),
    path(f"{PUBLICATION}/<slug:view>", rows.RowsApi.as_view()),
    path(f"{TENANT}/costs", costs.TenantCostsApi.as_view()),
    path(f"{TENANT}/costs/summary", costs.TenantCostsSummaryApi.as_view()),
    path(f"{TENANT}/budget", budgets.TenantBudgetApi.as_view()),
    path(f"{TENANT}/budget/override", budgets.TenantBudgetOverrideApi.as_view()),
    path("flow/runs", flow.RunClaimApi.as_view()),
    path("flow/runs/<uuid:code>/credentials", flow.RunCredentialsApi.as_view()),
    path("flow/runs/<uuid:code>/streams/<slug:stream>", flow.RunStreamApi.as_view()),
    path("flow/runs/<uuid:code>/finish", flow.RunFinishApi.as_view()),
    path("platform/reconcile", platform.ReconcileApi.as_view()),
    path("platform/tenants", platform.PlatformTenantsApi.as_view()),
    path("platform/configurations", platform.ConfigurationsApi.as_view()),
    path("platform/connectors", marketplace.UploadedConnectorsApi.as_view()),
    path("platform/usage", ledger.UsageApi.as_view()),
    path("platform/ledger/<slug:engine>", ledger.LedgerApi.as_view()),
    path("platform/ledger/<slug:engine>/seen", ledger.LedgerSeenApi.as_view()),
    path("platform/ledger/<slug:engine>/<str:day>", ledger.LedgerDayApi.as_view()),
    path("platform/costs", costs.PlatformCostsApi.as_view()),
    path("platform/costs/unattributed", costs.UnattributedCostsApi.as_view()),
    path("platform/costs/journal", costs.JournalApi.as_view()),
    path("platform/costs/advice", estimates.AdviceApi.as_view()),
    path("platform/budget", budgets.PlatformBudgetApi.as_view()),
    path("platform/budget/override", budgets.PlatformBudgetOverrideApi.as_view()),
    path("platform/snowflake", warehouses.SnowflakeApi.as_view()),
    # Also here an error is a problem, not a page.
    re_path(r"", NothingHereApi.as_view()),
]

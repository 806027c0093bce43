"""What flow runs use: claim a run, fetch its credentials, report. The scope is `flows`."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import Http404
from django.utils import timezone
from django_scopes import scopes_disabled
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api.connections import CredentialsField
from portal.api.describing import described
from portal.api.drift import DriftInput, FieldNames
from portal.api.going_on import going_on
from portal.api.inputs import StrictSerializer, from_body
from portal.api.views import ApiView
from portal.connections.models import Connection
from portal.connections.rotation import keep_rotated
from portal.connections.secrets import secret_store
from portal.connections.selectors import credentials_set_at
from portal.connections.services import connector_of_run
from portal.costs.budgets import apply_budgets
from portal.drift.selectors import frozen_fields, known_fields
from portal.drift.services import Drift, note_drift
from portal.marketplace.selectors import binding_of_version, document_of
from portal.runs import services
from portal.runs.models import Run, StreamResult
from portal.runs.sweeps import note_sweep, sweeps_of
from portal.tenants.models import Tenant

NO_STORE = {"Cache-Control": "no-store"}
# The largest number that the database holds.
MOST = 2**63 - 1
ENDS = sorted(Run.ENDED)


class JobTenant(serializers.Serializer[Any]):
    code = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()
    time_zone = serializers.CharField()
    currency = serializers.CharField()
    country = serializers.CharField()
    engine = serializers.CharField()


class JobConnection(serializers.Serializer[Any]):
    code = serializers.UUIDField()
    name = serializers.CharField()
    connector = serializers.CharField()
    streams = serializers.ListField(child=serializers.CharField())
    full_read_streams = serializers.ListField(child=serializers.CharField())
    history_from = serializers.DateField(allow_null=True)
    kept_personal_fields = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField())
    )


class JobConnectorDocument(serializers.Serializer[Any]):
    version = serializers.IntegerField()
    digest = serializers.CharField(help_text="The SHA-256 of its texts.")
    text = serializers.CharField(help_text="The connector.yaml.")
    questions = serializers.DictField(
        child=serializers.CharField(), help_text="The files of GraphQL it names, by their names."
    )


class JobSweep(serializers.Serializer[Any]):
    swept_at = serializers.DateTimeField()
    allowed = serializers.IntegerField(help_text="Deletes that somebody has let pass since.")


class ClaimedConnection(JobConnection):
    sweeps = serializers.DictField(
        child=JobSweep(), help_text="By stream: when a whole listing was compared last."
    )
    known_fields = serializers.DictField(
        child=serializers.DictField(child=serializers.BooleanField()),
        help_text="Of each stream its fields, and whether the last whole read had them.",
    )
    connector_document = JobConnectorDocument(
        allow_null=True,
        help_text="Of an uploaded connector: the version the run reads with, to its end.",
    )


class RunClaimApi(ApiView):
    """A flow run begins: which tenant, which streams, which fence."""

    scopes = {"POST": "flows"}

    class InputSerializer(serializers.Serializer[Any]):
        connection = serializers.UUIDField()
        flow_run_id = serializers.UUIDField()

    class OutputSerializer(serializers.Serializer[Any]):
        run = serializers.UUIDField()
        fence = serializers.IntegerField(help_text="Higher than that of any earlier run.")
        analytics = serializers.BooleanField(
            help_text="False: land only, and neither transform nor publish."
        )
        tenant = JobTenant()
        connection = ClaimedConnection()
        frozen_fields = serializers.DictField(
            child=serializers.DictField(child=FieldNames()),
            help_text="Of raw tables of frozen streams: the fields of the tenant's connections.",
        )

    @described(request=InputSerializer, responses={201: OutputSerializer})
    def post(self, request: Request) -> Response:
        asked = from_body(self.InputSerializer, request)
        with scopes_disabled():  # a worker serves every tenant
            connection = (
                Connection.objects.select_related("tenant").filter(code=asked["connection"]).first()
            )
        if connection is None:
            raise Http404
        now = timezone.now()
        with going_on("A run is claimed as its tenant was held back before"):
            apply_budgets(at=now, tenant=connection.tenant)
        claim = services.claim_run(connection=connection, flow_run_id=asked["flow_run_id"], at=now)
        return Response(_job(claim, connection), status=201)


class RunCredentialsApi(ApiView):
    """The credentials of a run that is going on. They are never in a run's parameters."""

    scopes = {"GET": "flows", "PUT": "flows"}

    class InputSerializer(StrictSerializer):
        credentials = CredentialsField(allow_empty=False)
        set_at = serializers.DateTimeField(
            help_text="As the run was given it, so that what somebody enters meanwhile stays."
        )

    class OutputSerializer(serializers.Serializer[Any]):
        credentials = serializers.DictField(child=serializers.CharField())
        set_at = serializers.DateTimeField(help_text="When somebody entered them.")
        pseudonym_key = serializers.CharField(help_text="In hexadecimal digits.")

    @described(responses=OutputSerializer)
    def get(self, request: Request, code: UUID) -> Response:
        run = _going_on(code)
        reader = f"run {run.code}"
        set_at = credentials_set_at(run.connection)  # before they are read: newer ones stay, then
        return Response(
            {
                "set_at": set_at,
                "credentials": secret_store().get(
                    connection=run.connection,
                    reader=reader,
                    bound_to=binding_of_version(run.connector_version),
                ),
                "pseudonym_key": _pseudonym_key(run.tenant),
            },
            headers=NO_STORE,
        )

    @described(request=InputSerializer, responses={204: None})
    def put(self, request: Request, code: UUID) -> Response:
        """Save what a login at the source replaced; the fields that are not given stay."""
        said = from_body(self.InputSerializer, request)
        run = _going_on(code)
        keep_rotated(
            connection=run.connection,
            spec=connector_of_run(run.connection, run.connector_version),
            bound_to=binding_of_version(run.connector_version),
            values=said["credentials"],
            set_at=said["set_at"],
            who=f"run {run.code}",
        )
        return Response(status=204)


class RunStreamApi(ApiView):
    scopes = {"PUT": "flows"}

    class InputSerializer(serializers.Serializer[Any]):
        status = serializers.ChoiceField(choices=StreamResult.Status.choices)
        extracted = serializers.IntegerField(min_value=0, max_value=MOST, default=0)
        new = serializers.IntegerField(min_value=0, max_value=MOST, default=0)
        changed = serializers.IntegerField(min_value=0, max_value=MOST, default=0)
        unchanged = serializers.IntegerField(min_value=0, max_value=MOST, default=0)
        rejected = serializers.IntegerField(min_value=0, max_value=MOST, default=0)
        deleted = serializers.IntegerField(min_value=0, max_value=MOST, default=0)
        held_back = serializers.IntegerField(
            min_value=0, max_value=MOST, default=0, help_text="Deletes that were not marked."
        )
        is_swept = serializers.BooleanField(
            default=False, help_text="Whether a whole listing was compared with what is held."
        )
        bytes_read = serializers.IntegerField(min_value=0, max_value=MOST, default=0)
        seconds = serializers.FloatField(min_value=0, default=0)
        is_incremental = serializers.BooleanField(default=False)
        bookmark = serializers.CharField(max_length=64, allow_blank=True, default="")
        message = serializers.CharField(max_length=2000, allow_blank=True, default="")
        drift = DriftInput(allow_null=True, default=None)

    @described(request=InputSerializer, responses={204: None})
    def put(self, request: Request, code: UUID, stream: str) -> Response:
        """Write down what a run did with one stream; saying it again replaces it."""
        said = from_body(self.InputSerializer, request)
        run = _run(code)
        if stream not in connector_of_run(run.connection, run.connector_version).streams:
            raise Http404
        counts = services.StreamCounts(
            **{name: said.pop(name) for name in services.StreamCounts.__dataclass_fields__}
        )
        drift, is_swept = said.pop("drift"), said.pop("is_swept")
        services.record_stream(
            run=run, report=services.StreamReport(stream=stream, counts=counts, **said)
        )
        if is_swept:
            held_back = counts.held_back
            note_sweep(run=run, stream=stream, held_back=held_back, at=timezone.now())
        if drift is not None:
            note_drift(run=run, stream=stream, drift=Drift(**drift), at=timezone.now())
        return Response(status=204)


class RunFinishApi(ApiView):
    scopes = {"POST": "flows"}

    class InputSerializer(serializers.Serializer[Any]):
        status = serializers.ChoiceField(choices=ENDS)
        message = serializers.CharField(max_length=2000, allow_blank=True, default="")
        actor = serializers.ChoiceField(choices=Run.Actor.choices, default="", allow_blank=True)
        publication = serializers.CharField(max_length=40, allow_blank=True, default="")
        steps = serializers.DictField(default=dict)

    @described(request=InputSerializer, responses={204: None})
    def post(self, request: Request, code: UUID) -> Response:
        """Write down how a run ended; the first word stands."""
        said = from_body(self.InputSerializer, request)
        services.finish_run(run=_run(code), at=timezone.now(), **said)
        return Response(status=204)


def _job(claim: services.Claim, connection: Connection) -> dict[str, Any]:
    tenant, version = connection.tenant, claim.run.connector_version
    return {
        "run": str(claim.run.code),
        "fence": claim.fence,
        "analytics": claim.analytics,
        "tenant": {
            "code": str(tenant.code),
            "slug": tenant.slug,
            "name": tenant.name,
            "time_zone": tenant.time_zone,
            "currency": tenant.currency,
            "country": tenant.country,
            "engine": tenant.engine,
        },
        "connection": {
            "code": str(connection.code),
            "name": connection.name,
            "connector": connection.connector,
            "streams": connection.streams,
            "full_read_streams": connection.full_read_streams,
            "history_from": connection.history_from,
            "kept_personal_fields": connection.kept_personal_fields,
            "connector_document": vars(document_of(version)) if version else None,
            "known_fields": known_fields(connection),
            "sweeps": {
                each.stream: {"swept_at": each.swept_at.isoformat(), "allowed": each.allowed}
                for each in sweeps_of(connection)
            },
        },
        "frozen_fields": frozen_fields(tenant),
    }


def _pseudonym_key(tenant: Tenant) -> str:
    """One key a tenant: the same shopper's hash differs between two retailers."""
    key = settings.PSEUDONYM_KEY.encode()
    return hmac.new(key, str(tenant.code).encode(), hashlib.sha256).hexdigest()


def _going_on(code: UUID) -> Run:
    run = _run(code)
    if run.status in Run.ENDED:
        raise Http404
    return run


def _run(code: UUID) -> Run:
    with scopes_disabled():  # a worker serves every tenant
        run = (
            Run.objects.select_related(
                "tenant", "connection", "connection__tenant", "connector_version__connector"
            )
            .filter(code=code)
            .first()  # the code is unique
        )
    if run is None:
        raise Http404
    return run

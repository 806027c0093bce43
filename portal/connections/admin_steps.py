"""The steps of a connection that take something in: credentials, setup, deletes that may pass."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from portal.connections.admin_actions import Done, applied
from portal.connections.admin_shown import credentials_note, starts_of, stream_rows
from portal.connections.forms import CredentialsForm, SetupForm
from portal.connections.models import Connection
from portal.connections.services import connector_of, test_connection
from portal.connections.setup import enter_credentials
from portal.costs.estimates import schedule_price
from portal.costs.price_words import basis_sentence, price_sentence
from portal.lib.errors import Refused
from portal.marketplace.selectors import where_uploaded_sends
from portal.marketplace.wording import preview_sentence
from portal.pipelines.desired import is_held_back, timing_of
from portal.pipelines.onboarding import save_setup
from portal.pipelines.prefect import prefect_api
from portal.pipelines.selectors import restraint_of
from portal.runs.sweeps import let_deletes_pass
from portal.tenants.door import show_refusal

if TYPE_CHECKING:
    from portal.connections.admin import ConnectionAdmin

SCHEDULE_INPUTS = ("kind", "cron", "interval_minutes")


def address(connection: Connection, page: str) -> str:
    return reverse(f"admin:connections_connection_{page}", args=[connection.pk])


def credentials_step(
    admin: ConnectionAdmin, request: HttpRequest, connection: Connection
) -> HttpResponse:
    connector = connector_of(connection)
    form = CredentialsForm(connector, request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            enter_credentials(
                connection=connection,
                values=form.cleaned_data,
                at=timezone.now(),
                by=request.user if request.user.is_authenticated else None,
            )
        except Refused as refused:
            show_refusal(form, refused)
        else:
            admin.log_change(request, connection, "Set the credentials and tested them.")
            return HttpResponseRedirect(address(connection, "setup"))
    return admin.page(
        request,
        connection,
        "admin/connections/connection/credentials.html",
        title="Credentials",
        form=form,
        connector=connector,
        note=credentials_note(connection),
        preview=preview_sentence(connector),
        sent_to=where_uploaded_sends(connector),
    )


def test_step(admin: ConnectionAdmin, request: HttpRequest, connection: Connection) -> HttpResponse:
    test_connection(connection=connection, at=timezone.now())
    admin.log_change(request, connection, "Tested the connection.")
    return HttpResponseRedirect(address(connection, "setup"))


def deletes_step(
    admin: ConnectionAdmin, request: HttpRequest, connection: Connection
) -> HttpResponse:
    count = let_deletes_pass(
        connection=connection, seen=_seen_deletes(request.POST), at=timezone.now()
    )
    done = Done(f"The next run of {connection} may mark {count:,} records as deleted.")
    admin.tell(request, connection, done)
    return HttpResponseRedirect(address(connection, "change"))


def _seen_deletes(posted: QueryDict) -> dict[str, int]:
    """What the page showed to whoever pressed the button.

    :raises Refused: if it says nothing of it
    """
    streams, counts = posted.getlist("stream"), posted.getlist("held_back")
    try:
        seen = {stream: int(count) for stream, count in zip(streams, counts, strict=True)}
    except ValueError:
        seen = {}
    if not seen:
        raise Refused("Look at what is held back on this page, then let the deletes pass.")
    return seen


def setup_step(
    admin: ConnectionAdmin, request: HttpRequest, connection: Connection
) -> HttpResponse:
    connector = connector_of(connection)
    form = SetupForm(connection, connector, request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            return _saved(admin, request, connection, form)
        except Refused as refused:
            show_refusal(form, refused)
            connection.refresh_from_db()
    chosen = form["streams"].value() or []
    return admin.page(
        request,
        connection,
        "admin/connections/connection/setup.html",
        title="Setup",
        form=form,
        rows=stream_rows(connection, connector, chosen),
        personal=list(form.personal_fields()),
        starts=starts_of(connection, timezone.now()),
        runs_when_asked=timing_of(connection) is None,
        held_back=restraint_of(connection.tenant),
        is_ready=bool(connection.test_result and connection.test_result["ok"]),
        **priced(connection, {name: form[name].value() for name in SCHEDULE_INPUTS}),
    )


def price_step(
    admin: ConnectionAdmin, request: HttpRequest, connection: Connection
) -> HttpResponse:
    """A part of the setup page, asked for anew while the schedule is being edited."""
    context = priced(connection, request.GET)
    return render(request, "admin/connections/connection/price.html", context)


def priced(connection: Connection, asked: Mapping[str, Any]) -> dict[str, str]:
    """What the schedule that was asked for would cost, or the sentence why it is none."""
    try:
        price = schedule_price(
            connection=connection,
            kind=str(asked.get("kind") or ""),
            cron=str(asked.get("cron") or ""),
            interval_minutes=_whole_number(asked.get("interval_minutes")),
            at=timezone.now(),
        )
    except Refused as refused:
        return {"problem": refused.message}
    return {
        "price": price_sentence(price, currency=settings.COST_CURRENCY),
        "basis": basis_sentence(price),
    }


def _whole_number(entered: Any) -> int | None:
    try:
        return int(entered)
    except (TypeError, ValueError):
        return None


def _saved(
    admin: ConnectionAdmin, request: HttpRequest, connection: Connection, form: SetupForm
) -> HttpResponse:
    deploys, now = "_deploy" in request.POST, timezone.now()
    pipeline = save_setup(
        connection=connection,
        setup=form.setup(),
        deploys=deploys,
        api=prefect_api(is_patient=False),
        at=now,
    )
    admin.log_change(request, connection, "Deployed it." if deploys else "Changed the setup.")
    message, level = f"{connection} is saved.", messages.SUCCESS
    if pipeline is not None:
        done = applied(pipeline, f"{connection} is {'deployed' if deploys else 'saved'}")
        message, level = done.message, done.level
    messages.add_message(request, level, f"{message} {starts_sentence(connection, now)}")
    _warn_of_missing(request, connection)
    return HttpResponseRedirect(address(connection, "change" if deploys else "setup"))


def starts_sentence(connection: Connection, now: datetime) -> str:
    starts = starts_of(connection, now)
    if is_held_back(connection):
        return "It starts when the tenant's runs are not paused any more."
    if not starts:
        return "It runs only when asked."
    return f"Next starts: {', '.join(starts)} ({connection.tenant.time_zone})."


def _warn_of_missing(request: HttpRequest, connection: Connection) -> None:
    streams = connector_of(connection).streams
    left_out = [
        stream.title
        for name, stream in streams.items()
        if stream.required and name not in connection.streams
    ]
    if left_out:
        messages.warning(
            request, f"Without {', '.join(left_out)} some of the published numbers stay empty."
        )

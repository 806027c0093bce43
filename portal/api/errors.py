"""Every error of the API in one form: problem details (RFC 9457)."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.core.signals import got_request_exception
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response

from portal.access.models import ApiKey
from portal.lib.errors import Refused
from portal.pipelines.prefect import PrefectRefused, PrefectUnavailable
from portal.publications.reading import RUN_AGAIN, LakeUnreadable, PublicationBroken
from portal.runs.services import HeldBack

MEDIA_TYPE = "application/problem+json"
# Nothing is wrong with the request: a budget keeps the tenant's runs from starting.
HELD_BACK = "urn:mercurios:held-back"

log = logging.getLogger(__name__)


def problem_details(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn an error into a problem. One nobody anticipated is a bug: it is logged, not shown."""
    match error:
        case Refused():
            return _refusal(error)
        case PrefectUnavailable() | PrefectRefused():
            return _prefect_problem(error, context)
        case LakeUnreadable():
            return problem(503, str(error), headers={"Retry-After": "60"})
        case PublicationBroken():
            log.error("%s", error)
            return problem(503, f"This publication cannot be read. {RUN_AGAIN}")
        case Http404():
            return problem(404, "There is nothing here, or it is not yours to see.")
        case PermissionDenied():
            return problem(403, "This key may not do that.")
        case SuspiciousOperation():
            return problem(400, "This request is not acceptable: it is malformed or too large.")
        case exceptions.APIException():
            return _api_problem(error)
        case _ if settings.DEBUG:
            return None
        case _:
            return _bug(error, context)


def problem(
    status: int,
    detail: str,
    *,
    errors: Any = None,
    headers: dict[str, str] | None = None,
    instance: str | None = None,
    type: str = "about:blank",
) -> Response:
    body = {
        "type": type,
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    if instance:
        body["instance"] = instance
    if errors:
        body["errors"] = errors
    return Response(body, status=status, headers=headers, content_type=MEDIA_TYPE)


def named_errors(detail: Any, path: str = "") -> Iterator[tuple[str, list[str]]]:
    """The sentences by field; inside a list or an object the path is dotted, `schedule.cron`."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            # What is wrong with the body as a whole has no field.
            step = "" if name == "non_field_errors" else str(name)
            yield from named_errors(inner, ".".join(filter(None, (path, step))))
    elif isinstance(detail, list) and any(isinstance(each, dict) for each in detail):
        for position, inner in enumerate(detail):
            yield from named_errors(inner, ".".join(filter(None, (path, str(position)))))
    elif detail:
        sentences = detail if isinstance(detail, list) else [detail]
        yield path or "body", [str(each) for each in sentences]


def _refusal(error: Refused) -> Response:
    """Without a field nothing in the request is wrong, but the state of what it is about."""
    if error.field is None:
        type = HELD_BACK if isinstance(error, HeldBack) else "about:blank"
        return problem(409, error.message, type=type)
    return problem(400, error.message, errors={error.field: [error.message]})


def _api_problem(error: exceptions.APIException) -> Response:
    if isinstance(error, exceptions.ValidationError):
        errors = dict(named_errors(error.detail))
        return problem(400, "Some values are missing or malformed.", errors=errors)
    return problem(error.status_code, str(error.detail), headers=_headers(error))


def _prefect_problem(
    error: PrefectUnavailable | PrefectRefused, context: dict[str, Any]
) -> Response:
    """The text names addresses of the platform, so only the platform's own keys get to read it."""
    log.warning("%s", error)
    key = context["request"].auth
    is_platform = isinstance(key, ApiKey) and key.tenant_id is None
    if isinstance(error, PrefectRefused):
        return problem(
            502, str(error) if is_platform else "Prefect refused. The operator has to look at it."
        )
    detail = str(error) if is_platform else "Prefect does not answer. Try again in half a minute."
    return problem(503, detail, headers={"Retry-After": "30"})


def _bug(error: Exception, context: dict[str, Any]) -> Response:
    """Tell Django as if the error had flown, and the caller only under which name to find it."""
    instance = uuid4().urn
    log.error("%s at %s", instance, context["request"].path, exc_info=error)
    got_request_exception.send(sender=None, request=context["request"]._request)
    return problem(500, "This is our mistake. Tell the operator this instance.", instance=instance)


def _headers(error: exceptions.APIException) -> dict[str, str]:
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if (wait := getattr(error, "wait", None)) is not None:
        headers["Retry-After"] = str(max(1, math.ceil(wait)))
    return headers

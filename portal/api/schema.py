"""The OpenAPI description: each operation says what it does, its scope, and how it fails."""

from __future__ import annotations

import re
from typing import Any

from drf_spectacular.openapi import AutoSchema
from rest_framework import serializers

from portal.api.errors import MEDIA_TYPE
from portal.api.permissions import is_for_platform, needed_scope

FAILURES = {
    "400": "Something in the request is missing or malformed.",
    "401": "There is no key, or it is unknown, expired or revoked.",
    "403": "The key lacks the scope.",
    "404": "There is nothing here, or it belongs to another tenant.",
    "409": "It is not possible as things stand; the sentence says what has to be done first.",
    "413": "The body is too large.",
    "415": "The body is not JSON.",
    "429": "The key asks too often; `Retry-After` says for how many seconds to wait.",
}
WITH_A_BODY_ONLY = {"413", "415"}
BY_PREFECT = {
    "502": "Prefect refused; the operator has to look at it.",
    "503": "Prefect does not answer; try again after `Retry-After` seconds.",
}


class ProblemSerializer(serializers.Serializer[Any]):
    """Problem details as in RFC 9457."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="One sentence that says what to do.")
    instance = serializers.CharField(required=False)
    errors = serializers.DictField(  # type: ignore[assignment]  # declared fields leave the class
        child=serializers.ListField(child=serializers.CharField()),
        required=False,
        help_text="Sentences by field; `body` stands for the whole.",
    )


class ScopedSchema(AutoSchema):  # type: ignore[misc]  # untyped library
    """Names, tags, scopes and failures come from the view, so that none can be forgotten."""

    def get_operation(self, *args: Any) -> dict[str, Any] | None:
        operation: dict[str, Any] | None = super().get_operation(*args)
        if operation is not None:
            operation["x-scope"] = needed_scope(self.view, self.method)
            operation["x-platform-only"] = is_for_platform(self.view, self.method)
            problem = self.resolve_serializer(ProblemSerializer, "response").ref
            for status, sentence in self._failures().items():
                operation["responses"].setdefault(
                    status,
                    {"description": sentence, "content": {MEDIA_TYPE: {"schema": problem}}},
                )
        return operation

    def get_operation_id(self) -> str:
        """`tenants_get` for `TenantsApi.get`: a class has one path, so it is unique."""
        name = type(self.view).__name__.removesuffix("Api")
        snake = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
        return f"{snake}_{self.method.lower()}"

    def get_tags(self) -> list[str]:
        return [type(self.view).__module__.rpartition(".")[2]]

    def get_summary(self) -> str:
        sentence: str = super().get_description().partition(".")[0]
        return " ".join(sentence.split())

    def get_description(self) -> str:
        scope = needed_scope(self.view, self.method)
        whose = ", of a key of the platform" if is_for_platform(self.view, self.method) else ""
        return f"{super().get_description()}\n\nScope: `{scope}`{whose}."

    def get_serializer_name(self, serializer: serializers.Serializer[Any], direction: str) -> str:
        """`RunsOutput` for `RunsApi.OutputSerializer`."""
        name = type(serializer).__qualname__
        return "".join(part.removesuffix("Api") for part in name.split("."))

    def _failures(self) -> dict[str, str]:
        has_body = self.method in {"POST", "PUT", "PATCH"}
        general = {
            status: sentence
            for status, sentence in FAILURES.items()
            if has_body or status not in WITH_A_BODY_ONLY
        }
        asks_prefect = self.method in getattr(self.view, "prefect_methods", ())
        return general | (BY_PREFECT if asks_prefect else {})

"""Reading what a request says. What it says beyond what is asked is refused, not ignored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request


class StrictSerializer(serializers.Serializer[Any]):
    """A misspelt field must not be lost in silence, nor one be set that is not for the caller."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = [str(name) for name in data if name not in self.fields]
            if unknown:
                known = ", ".join(self.fields) or "none"
                sentence = f"There is no such field here. There is: {known}."
                raise ValidationError({name: [sentence] for name in unknown})
        return super().to_internal_value(data)


class NoInput(StrictSerializer):
    """For requests whose address says everything."""


def from_body(form: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """:raises ValidationError: naming each field that is missing, malformed or unknown"""
    return validated(form, request.data)


def from_query(form: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """:raises ValidationError: also if a parameter is given more than once"""
    return validated(form, single_parameters(request))


def single_parameters(request: Request) -> dict[str, str]:
    """Servers disagree on which of two equal names counts, so here none does."""
    twice = [name for name, values in request.query_params.lists() if len(values) > 1]
    if twice:
        raise ValidationError({name: ["Give it once."] for name in twice})
    return {name: str(value) for name, value in request.query_params.items()}


def validated(form: type[serializers.Serializer[Any]], data: Any) -> dict[str, Any]:
    serializer = form(data=data)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)

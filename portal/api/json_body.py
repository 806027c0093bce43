"""JSON as it arrives, read strictly: what two parsers could read in two ways is refused."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from rest_framework import status
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser


class TooLarge(APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = "The body is too large. Send less at once."


class StrictJsonParser(BaseParser):
    """UTF-8, at most `DATA_UPLOAD_MAX_MEMORY_SIZE` bytes, each name once, texts that are text."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(most + 1)
        if len(body) > most:
            raise TooLarge
        try:
            value = json.loads(
                body.decode("utf-8"),
                object_pairs_hook=_each_name_once,
                parse_constant=_refuse_constant,
                parse_float=_finite,
            )
        # Digits without end are a ValueError as well, brackets without end a RecursionError.
        except (ValueError, RecursionError) as error:
            raise ParseError(f"The body is not acceptable JSON: {_reason(error)}.") from error
        _check_texts(value)
        return value


def _each_name_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name is given more than once")
    return found


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a number")


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError("a number is too large")
    return value


def _reason(error: Exception) -> str:
    """Where it is wrong, without a piece of the body: that may hold a secret."""
    match error:
        case json.JSONDecodeError():
            return f"{error.msg.rstrip(':')} at line {error.lineno}, column {error.colno}"
        case UnicodeDecodeError():
            return "it is not UTF-8"
        case RecursionError():
            return "it is nested too deeply"
        case _ if "digits" in str(error):
            return "a number has too many digits"
        case _:
            return str(error)


def _check_texts(value: Any) -> None:
    """Databases refuse NUL, and a lone surrogate cannot be written as UTF-8."""
    waiting = [value]
    while waiting:
        match waiting.pop():
            case str() as text:
                if "\x00" in text or any("\ud800" <= sign <= "\udfff" for sign in text):
                    raise ParseError("The body holds a character that is not text.")
            case dict() as members:
                waiting += [*members.keys(), *members.values()]
            case list() as items:
                waiting += items

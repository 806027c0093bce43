"""Saying of an operation what it takes and gives; the view says the rest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

from drf_spectacular.utils import extend_schema

Handler = TypeVar("Handler", bound=Callable[..., Any])


def described(
    *, responses: Any, request: Any = None, parameters: Sequence[Any] = ()
) -> Callable[[Handler], Handler]:
    """Its first line is the docstring's first sentence, its scope that of the view's `scopes`."""
    decorator = extend_schema(responses=responses, request=request, parameters=list(parameters))
    return cast("Callable[[Handler], Handler]", decorator)

"""The description of the API: OpenAPI for programs, Swagger UI from our own files for people."""

from __future__ import annotations

from functools import cache
from typing import Any

from csp.constants import HEADER
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api.views import ApiView

# Nothing from elsewhere and no script in the page itself. The UI places its parts by inline style.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)


class WrittenOnce(SchemaGenerator):  # type: ignore[misc]  # untyped library
    """Anyone may read the description, so it must not cost a second of work each time."""

    def get_schema(self, request: Request | None = None, public: bool = False) -> dict[str, Any]:
        return _schema()


@cache
def _schema() -> dict[str, Any]:
    schema: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return schema


class SchemaView(ApiView, SpectacularAPIView):  # type: ignore[misc]  # untyped library
    generator_class = WrittenOnce
    schema = None


class DocsView(ApiView, SpectacularSwaggerSplitView):  # type: ignore[misc]  # untyped library
    schema = None

    def get(self, request: Request) -> Response:
        response: Response = super().get(request)
        response.headers[HEADER] = POLICY
        return response

"""`manage.py connector from-openapi FILE`: a draft of a connector from a vendor's document."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from flows.connectors.kit.openapi.description import LARGEST_JSON, OpenApiInvalid, read_description
from flows.connectors.kit.openapi.draft import draft
from portal.lib.errors import Refused


class FromOpenApi:
    name = "from-openapi"
    help = "Draft a connector's folder from a vendor's OpenAPI document. Nothing is fetched."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="OpenAPI 3 or Swagger 2, in JSON or YAML")
        parser.add_argument("--name", help="of the connector, such as tillpoint")
        parser.add_argument(
            "--out", type=Path, help="where the folder is made; here, if left out", default=Path()
        )

    def answer(self, **options: Any) -> dict[str, Any]:
        """:raises Refused: if nothing can be drafted, or the folder is there already"""
        file: Path = options["file"]
        try:
            with file.open("rb") as opened:
                content = opened.read(LARGEST_JSON + 1)
        except OSError as error:
            raise Refused(f"{file} cannot be read: {error.strerror}.", field="file") from error
        try:
            drafted = draft(read_description(content), name=options["name"])
        except OpenApiInvalid as error:
            raise Refused(f"{file}: {error}", field="file") from error
        folder = Path(options["out"]) / drafted.name
        if folder.exists():
            raise Refused(f"{folder} is there already. Choose another --out or --name.")
        for path, text in drafted.files.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        return {
            "folder": str(folder),
            "streams": list(drafted.streams),
            "checks": drafted.checks,
            "left_out": list(drafted.left_out),
        }

    def show(self, result: Any, write: Callable[[str], object]) -> None:
        write(f"{result['folder']}: {', '.join(result['streams'])}")
        for sentence in result["left_out"]:
            write(f"  not drafted: {sentence}")
        write(
            f"{result['checks']} lines are marked with `check:`. Go through them, then run"
            f" `manage.py connector check {result['folder']}`."
        )

    def conclude(self, result: Any) -> None:
        """A draft is never a failure."""

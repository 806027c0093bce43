"""Checks of what a read of files comes to when something is wrong with one of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from flows.connectors.kit.bench import Bench
from flows.connectors.kit.findings import Check, NotApplicable
from flows.connectors.kit.reads import differences
from flows.connectors.kit.shelf import Shelf


@dataclass(frozen=True)
class Spoiling:
    """What happens to a file. A run that meets it ends with a sentence that names the file."""

    name: str
    change: Callable[[Path], None]


def _uploading(file: Path) -> None:
    file.rename(file.with_name(f"{file.name}.part"))


def _opened(file: Path) -> None:
    file.with_name(f"~${file.name}").write_bytes(b"somebody")


def _emptied(file: Path) -> None:
    file.write_bytes(b"")


def _cut(file: Path) -> None:
    # A row that ends in its last column cannot be told from a whole one: a value is missing here.
    content = file.read_bytes().rstrip()
    is_binary = file.suffix in (".xlsx", ".parquet")
    end = len(content) // 2 if is_binary else max(content.rfind(sign) for sign in b",;\t|")
    file.write_bytes(content[:end])


def _linked(file: Path) -> None:
    target = file.with_name(f"elsewhere-{file.name}")
    file.rename(target)
    os.symlink(target, file)


def _a_web_page(file: Path) -> None:
    file.write_bytes(b"<!DOCTYPE html>\n<html><body>Log in first</body></html>\n")


SPOILINGS = (
    Spoiling("a file that is still being uploaded", _uploading),
    Spoiling("a file that somebody has open", _opened),
    Spoiling("an empty file", _emptied),
    Spoiling("a file that is cut off", _cut),
    Spoiling("a link instead of a file", _linked),
    Spoiling("a web page instead of a file", _a_web_page),
)


def checks() -> Iterator[Check]:
    for spoiling in SPOILINGS:
        yield Check(name=f"ends with {spoiling.name}", look=_ends(spoiling))


def _ends(spoiling: Spoiling) -> Callable[[Bench, str], Iterator[str]]:
    def look(bench: Bench, stream: str) -> Iterator[str]:
        source = bench.source
        if not isinstance(source, Shelf):
            raise NotApplicable("It reads no files.")
        if not bench.world.made(stream):
            raise NotApplicable("There are no samples.")
        source.begin()
        name = source.spoil(spoiling.change, stream=stream).stem
        where = f"{bench.folder.path / 'connector.yaml'}: streams.{stream}, with {spoiling.name}"
        hit = bench.read(stream, as_it_is=True)
        if hit.error is None:
            yield f"{where}: the run says that all is well."
        elif name not in str(hit.error) or not str(hit.error).endswith("."):
            yield f"{where}: the failure does not say which file it is: {hit.error}"
        landed, calm = bench.landed(stream), bench.landed(stream)
        landed.land(hit)
        again = bench.read(stream)
        if again.error is not None:
            yield f"{where}: the next run fails, too: {again.error}"
        landed.land(again)
        calm.land(bench.whole(stream))
        if problem := differences(landed.content, calm.content, is_typed=False):
            yield f"{where}: {problem}"

    return look

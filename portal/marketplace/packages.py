"""What is in an upload: one connector.yaml, or a zip of its folder. Nothing of it is trusted.

Runs in a process of its own with limits (see `portal.marketplace.inspecting`), never in the
portal's: what is read here was written by somebody who may mean ill.
"""

from __future__ import annotations

import json
import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import PurePosixPath

from flows.connectors.document import DocumentInvalid, parse_document
from flows.connectors.graphql import SUFFIX, with_questions

MB = 1024 * 1024
LARGEST_UPLOAD = 2 * MB
LARGEST_UNPACKED = 8 * MB
LARGEST_DOCUMENT = 256 * 1024
LARGEST_FILE = 2 * MB
MOST_ENTRIES = 200
# A file that shrinks to less than a hundredth was made to.
MOST_RATIO = 100
SMALL = 64 * 1024
ZIP = b"PK"
# What a damaged archive makes of the library that reads it.
UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OSError,
    EOFError,
)


class PackageInvalid(Exception):
    """The upload cannot be a connector; the text says where and why."""


@dataclass(frozen=True)
class Package:
    """The texts of an upload. `samples` are by stream, `questions` by their files of GraphQL."""

    document: str
    docs: str = ""
    questions: dict[str, str] = field(default_factory=dict)
    samples: dict[str, str] = field(default_factory=dict)
    folder: str = ""


def unpacked(content: bytes) -> Package:
    """:raises PackageInvalid: with the first thing that is wrong"""
    if len(content) > LARGEST_UPLOAD:
        raise PackageInvalid(f"It is larger than {LARGEST_UPLOAD // MB} MB. Leave samples out.")
    if not content.startswith(ZIP):
        return Package(document=_text(content, "connector.yaml", LARGEST_DOCUMENT))
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            return _package(dict(_files(archive)))
    except UNREADABLE as error:
        raise PackageInvalid("The zip is damaged. Make it anew.") from error


def _files(archive: zipfile.ZipFile) -> Iterator[tuple[PurePosixPath, bytes]]:
    entries = archive.infolist()
    if len(entries) > MOST_ENTRIES:
        raise PackageInvalid(f"It has more than {MOST_ENTRIES} entries. Zip one folder only.")
    left, seen = LARGEST_UNPACKED, set()
    for entry in entries:
        path = _path(entry)
        if entry.is_dir():
            continue
        if str(path).casefold() in seen:
            raise PackageInvalid(f"{path} is in it twice.")
        seen.add(str(path).casefold())
        content = _content(archive, entry, limit=min(left, LARGEST_FILE))
        left -= len(content)
        yield path, content


def _path(entry: zipfile.ZipInfo) -> PurePosixPath:
    name = entry.filename
    path = PurePosixPath(name)
    is_plain = name.isascii() and name.isprintable() and "\\" not in name and ":" not in name
    if not is_plain or path.is_absolute() or ".." in path.parts or len(path.parts) > 3:
        raise PackageInvalid(f"{name[:80]!r} is no path inside a connector's folder.")
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
        raise PackageInvalid(f"{path} is no plain file. Zip the file itself, and not a link to it.")
    if entry.flag_bits & 1:
        raise PackageInvalid(f"{path} is encrypted. Zip it without a password.")
    return path


def _content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, *, limit: int) -> bytes:
    """Unpacked up to the limit, whatever the archive says of its size."""
    with archive.open(entry) as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise PackageInvalid(
            f"{entry.filename} is too large: a file may have {LARGEST_FILE // MB} MB, all together"
            f" {LARGEST_UNPACKED // MB} MB."
        )
    if len(content) > SMALL and len(content) > MOST_RATIO * max(entry.compress_size, 1):
        raise PackageInvalid(f"{entry.filename} unpacks to more than {MOST_RATIO} times its size.")
    return content


def _package(files: dict[PurePosixPath, bytes]) -> Package:
    tops = {path.parts[0] for path in files if len(path.parts) > 1}
    is_wrapped = PurePosixPath("connector.yaml") not in files and len(tops) == 1
    folder = tops.pop() if is_wrapped else ""
    inside = {path.relative_to(folder) if folder else path: text for path, text in files.items()}
    document, docs, questions, samples = "", "", {}, {}
    for path, content in inside.items():
        match path.parts:
            case ("connector.yaml",):
                document = _text(content, str(path), LARGEST_DOCUMENT)
            case ("docs.md",):
                docs = _text(content, str(path), LARGEST_FILE)
            case (name,) if name.endswith(SUFFIX):
                questions[name] = _text(content, name, LARGEST_DOCUMENT)
            case ("samples", name) if name.endswith(".json"):
                samples[name.removesuffix(".json")] = _sample(content, str(path))
            case _:
                raise PackageInvalid(
                    f"{path} does not belong into a connector's folder: it has connector.yaml,"
                    " docs.md, files of GraphQL and samples/<stream>.json."
                )
    if not document:
        raise PackageInvalid("There is no connector.yaml in it.")
    return Package(
        document=document, docs=docs, questions=questions, samples=samples, folder=folder
    )


def _text(content: bytes, name: str, limit: int) -> str:
    if len(content) > limit:
        raise PackageInvalid(f"{name} is larger than {limit // 1024} KiB.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PackageInvalid(f"{name} is no UTF-8 text.") from error
    if "\0" in text:
        raise PackageInvalid(f"{name} is no text.")
    return text


def _sample(content: bytes, name: str) -> str:
    text = _text(content, name, LARGEST_FILE)
    try:
        records = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise PackageInvalid(f"{name} is no JSON.") from error
    if not isinstance(records, list) or not all(isinstance(each, dict) for each in records):
        raise PackageInvalid(f"{name} must be a JSON list of records.")
    return text


def _no_number(name: str) -> None:
    raise ValueError(name)


def document_of(package: Package) -> dict[str, object]:
    """:raises PackageInvalid: if the YAML is not plain, or names other files than there are"""
    try:
        document = parse_document(package.document)
    except DocumentInvalid as error:
        raise PackageInvalid(f"connector.yaml: {error}.") from error
    try:
        return with_questions(document, package.questions)
    except DocumentInvalid as error:
        raise PackageInvalid(f"{error}.") from error

"""Read files that somebody else wrote: YAML that is small, plain data, and nothing said twice."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import yaml

LARGEST = 256 * 1024
_DEEPEST = 20


class DocumentInvalid(Exception):
    """The file is not the plain YAML we accept; the text says why."""


class _PlainLoader(yaml.SafeLoader):
    """Safe YAML without repeated keys or aliases: 300 bytes of those can mean a billion values."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise DocumentInvalid(f"{self._line()}: Aliases are not allowed; write it out")
        self.depth += 1
        if self.depth > _DEEPEST:
            raise DocumentInvalid(f"{self._line()}: It is nested too deeply")
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key_node, _ in node.value:
            line = f"line {key_node.start_mark.line + 1}"
            if not isinstance(key_node, yaml.ScalarNode) or key_node.value == "<<":
                raise DocumentInvalid(f"{line}: A name must be a plain word")
            if key_node.value in seen:
                raise DocumentInvalid(f"{line}: {key_node.value} is there twice")
            seen.add(key_node.value)
        return super().construct_mapping(node, deep=deep)

    def _line(self) -> str:
        return f"line {self.get_mark().line + 1}"


def read_document(path: Path) -> dict[str, Any]:
    """The mapping in a file.

    :raises DocumentInvalid: if it cannot be read, is too large, or is not plain YAML
    """
    try:
        with path.open("rb") as file:
            text = file.read(LARGEST + 1)
    except OSError as error:
        raise DocumentInvalid(f"It cannot be read: {error.strerror}") from None
    return parse_document(text)


def read_texts(folder: Path, suffix: str) -> dict[str, str]:
    """The texts of a folder's files with such a name, by their names. No link is followed.

    :raises DocumentInvalid: if one cannot be read, is too large, or is no file or no UTF-8 text
    """
    return {file.name: _text(file) for file in sorted(folder.glob(f"*{suffix}"))}


def _text(file: Path) -> str:
    try:
        opened = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with open(opened, "rb") as content:
            if not stat.S_ISREG(os.fstat(opened).st_mode):
                raise DocumentInvalid(f"{file.name}: It is no plain file")
            found = content.read(LARGEST + 1)
    except OSError as error:
        reason = "It is a link" if file.is_symlink() else error.strerror
        raise DocumentInvalid(f"{file.name}: It cannot be read: {reason}") from None
    if len(found) > LARGEST:
        raise DocumentInvalid(f"{file.name}: It is larger than {LARGEST // 1024} KiB")
    try:
        return found.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DocumentInvalid(f"{file.name}: It is no UTF-8 text") from None


def parse_document(text: str | bytes) -> dict[str, Any]:
    """The mapping in a text.

    :raises DocumentInvalid: if it is too large or not plain YAML
    """
    if len(text) > LARGEST:
        raise DocumentInvalid(f"It is larger than {LARGEST // 1024} KiB")
    try:
        # _PlainLoader is a SafeLoader.
        document = yaml.load(text, _PlainLoader)  # noqa: S506
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise DocumentInvalid(f"{line}{error.problem or 'It is not YAML'}") from None
    except (yaml.YAMLError, ValueError) as error:
        raise DocumentInvalid(f"It is not YAML: {str(error).splitlines()[0]}") from None
    if not isinstance(document, dict):
        raise DocumentInvalid("It must be a mapping of names to values")
    return document

"""A program: reads an upload on its standard input, and says on its output what is in it.

It runs in a process of its own, without the portal's secrets and with little time and memory, so
that an upload made to hurt hurts nobody but itself. `portal.marketplace.bounded` starts it.
"""

from __future__ import annotations

import json
import re
import signal
import sys
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from flows.connectors.credentials import CredentialField, check_values
from flows.connectors.spec import Connector, ConnectorInvalid, parse_connector
from portal.marketplace.packages import (
    LARGEST_UPLOAD,
    PackageInvalid,
    document_of,
    unpacked,
)

# Of the processor, for all the texts that are made to keep a pattern busy.
PATTERN_SECONDS = 0.5
# Elsewhere, such as among the parameters of a request, these are words like any other.
PATTERNS = re.compile(r"credentials\..+\.pattern|answers\.[0-9]+\.matches")
LONGEST_TITLE = 120
# No database keeps some of them, and no page shows them.
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
REPEATED = 1000


def inspected(content: bytes) -> dict[str, Any]:
    """The texts of an upload and what they describe.

    :raises PackageInvalid: with the first thing that is wrong
    """
    package = unpacked(content)
    document = document_of(package)
    name = document.get("name")
    if not isinstance(name, str):
        raise PackageInvalid("connector.yaml: name: Give the connector a name.")
    if package.folder and package.folder != name:
        raise PackageInvalid(f"The folder is called {package.folder}, and the connector {name}.")
    try:
        connector = parse_connector(name=name, document=document)
    except ConnectorInvalid as error:
        raise PackageInvalid(f"{error}.") from error
    _check_samples(connector, package.samples)
    if len(connector.title) > LONGEST_TITLE:
        raise PackageInvalid(f"connector.yaml: title: Write at most {LONGEST_TITLE} characters.")
    for place, text in _texts(connector.model_dump(mode="json")):
        if CONTROL.search(text):
            raise PackageInvalid(f"connector.yaml: {place}: It holds a control character.")
        if PATTERNS.fullmatch(place):
            _check_pattern(place, text)
    return {
        "name": name,
        "title": connector.title,
        "document": package.document,
        "docs": package.docs,
        "questions": package.questions,
        "samples": package.samples,
    }


def _check_samples(connector: Connector, samples: dict[str, str]) -> None:
    for stream in samples:
        if stream not in connector.streams and stream != "credentials":
            raise PackageInvalid(
                f"samples/{stream}.json: There is no stream {stream}. It has"
                f" {', '.join(connector.streams)}."
            )


def _texts(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Every text of a connector with its place."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _texts(inner, f"{place}.{name}" if place else str(name))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _texts(inner, f"{place}.{number}")


def _check_pattern(place: str, pattern: str) -> None:
    """:raises PackageInvalid: if it takes long for a text that many a bad pattern stumbles over"""
    letters = list(dict.fromkeys(each for each in f"{pattern}a0 ." if each.isprintable()))[:60]
    texts = [letter * REPEATED + "\x00" for letter in letters]
    texts += [(one + other) * (REPEATED // 2) + "\x00" for one, other in pairwise(letters)]

    def stop(*_: object) -> None:
        raise PackageInvalid(
            f"{place}: The pattern takes too long for some texts. Write it without repetitions"
            " inside of repetitions."
        )

    signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, PATTERN_SECONDS)
    try:
        compiled = re.compile(pattern)
        # A credential's has to fit the whole value; an answer's may fit anywhere.
        matches = compiled.fullmatch if place.endswith("pattern") else compiled.search
        for text in texts:
            matches(text)
    except (re.error, RecursionError, OverflowError) as error:
        raise PackageInvalid(f"{place}: It is not a regular expression: {error}.") from error
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def matched(asked: dict[str, Any]) -> dict[str, str]:
    """One sentence for each value that its field does not take.

    :param asked: {"fields": {name: field of the grammar}, "values": {name: text}}
    """
    fields = {name: CredentialField(**field) for name, field in asked["fields"].items()}
    _, errors = check_values(fields=fields, values=asked["values"])
    return errors


def main(task: str) -> None:
    content = sys.stdin.buffer.read(4 * LARGEST_UPLOAD + 1)
    answer: dict[str, Any]
    try:
        if task == "upload":
            answer = {"found": inspected(content)}
        else:
            answer = {"found": matched(json.loads(content))}
    except PackageInvalid as invalid:
        answer = {"problem": str(invalid)}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])

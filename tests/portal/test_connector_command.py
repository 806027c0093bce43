"""`manage.py connector`: a folder is checked, and what a source sends is shown."""

from __future__ import annotations

import getpass
import io
import json
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from portal.cli.connector.shown import as_table
from portal.connections.models import Connection, CredentialUse
from portal.connections.services import create_connection, set_credentials
from portal.tenants.services import create_tenant
from tests.connectors.conformance.kiosk import kiosk
from tests.connectors.fake_source import FakeSource, Reply, Seen

MORNING = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
SECRET = "CANARY-counter-secret"
TOTAL = "9007199254740993.10"  # more digits than a float has
YAML = """\
name: counter
title: Counter
credentials:
  address: {title: Address, kind: url}
  secret: {title: Secret, secret: true}
client:
  base_url: "{address}/api"
  auth: {by: headers, headers: {X-Secret: "{secret}"}}
  requests_per_second: 100
  probe: sales
failures: {401: Counter rejected the secret. Enter it once more.}
streams:
  sales:
    path: sales
    key: [id]
    load: full
    pages: {by: number, size: {limit: 2}}
    personal: {drop: [cashier], hash: [email]}
"""


@pytest.fixture
def counter(tmp_path: Path, settings: Settings) -> Path:
    settings.ALLOW_PRIVATE_HOSTS = True
    folder = tmp_path / "counter"
    folder.mkdir()
    (folder / "connector.yaml").write_text(YAML, encoding="utf-8")
    return folder


@pytest.fixture
def source() -> Iterator[FakeSource]:
    source = FakeSource()
    records = [
        {
            "id": number,
            "total": "TOTAL",
            "cashier": "PII-Alice",
            "email": "PII-bob@example.com",
            "note": "\\x1b[31mred\\u202e" if number else "x" * 90,
        }
        for number in range(3)
    ]
    texts = [json.dumps(part) for part in (records[:2], records[2:])]
    pages = dict(zip("12", (text.replace('"TOTAL"', TOTAL) for text in texts), strict=True))

    def answer(seen: Seen) -> Reply:
        if seen.headers.get("x-secret") != SECRET:
            return Reply(status=401)
        return Reply(body=pages.get(seen.params["page"], "[]").encode())

    source.on("/api/sales", answer)
    yield source
    source.close()


def said(*words: str) -> str:
    out = io.StringIO()
    call_command("connector", *words, stdout=out)
    return out.getvalue()


def credentials_file(folder: Path, source: FakeSource, **changes: str) -> str:
    file = folder.parent / "credentials.json"
    file.write_text(json.dumps({"address": source.url, "secret": SECRET, **changes}))
    return str(file)


def test_a_good_folder_passes(tmp_path: Path) -> None:
    out = said("check", str(kiosk(tmp_path).path))

    assert "is read whole" in out
    assert re.search(r"survives … +\d\d ", out)


def test_a_folder_that_breaks_a_promise_fails_with_its_sentence(
    tmp_path: Path,
) -> None:
    folder = kiosk(tmp_path, {"credentials.api_token.secret": None})
    out = io.StringIO()

    with pytest.raises(CommandError, match=r"^kiosk: 1 check has failed\.$"):
        call_command("connector", "check", str(folder.path), stdout=out)

    assert "credentials.api_token sounds secret. Add secret: true" in out.getvalue()


def test_what_was_found_can_be_had_as_json(tmp_path: Path) -> None:
    found = json.loads(said("check", str(kiosk(tmp_path).path), "--stream", "shops", "--json"))

    assert found["failed"] == 0
    assert {each["stream"] for each in found["findings"]} == {"shops"}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["check", "nowhere"], "There is no connector.yaml"),
        (["check", "{folder}", "--stream", "sale"], "counter has no stream sale. It has sales."),
        (["try", "{folder}", "--stream", "sales", "--limit", "0"], "at least one record"),
        (["try", "{folder}", "--stream", "sales", "--set", "secret=x"], "secret is secret"),
        (["try", "{folder}", "--stream", "sales", "--set", "nonsense"], "What can be set: address"),
        (["try", "{folder}", "--stream", "sales", "--credentials", "none.json"], "cannot be read"),
    ],
)
def test_what_cannot_be_done_is_refused_in_a_sentence(
    counter: Path, words: list[str], told: str
) -> None:
    with pytest.raises(CommandError, match=r"[.:]") as refused:
        said(*(word.format(folder=counter) for word in words))

    assert told in str(refused.value)


def test_records_are_shown_and_people_are_not(counter: Path, source: FakeSource) -> None:
    file = credentials_file(counter, source)

    out = said("try", str(counter), "--stream", "sales", "--limit", "3", "--credentials", file)

    assert TOTAL in out
    assert out.count("(personal)") == 6
    assert "PII" not in out
    assert "\x1b" not in out
    assert "\u202e" not in out
    assert "…" in out


def test_the_name_of_a_field_is_shown_as_it_is() -> None:
    assert "[/b]" in as_table([{"[/b]": 1}])


def test_no_more_is_read_than_is_shown(counter: Path, source: FakeSource) -> None:
    file = credentials_file(counter, source)

    found = json.loads(
        said(
            "try",
            str(counter),
            "--stream",
            "sales",
            "--limit",
            "1",
            "--credentials",
            file,
            "--json",
        )
    )

    assert [each["id"] for each in found["records"]] == ["0"]


def test_a_refused_secret_is_not_repeated(counter: Path, source: FakeSource) -> None:
    file = credentials_file(counter, source, secret="CANARY-wrong")

    with pytest.raises(CommandError) as refused:
        said("try", str(counter), "--stream", "sales", "--credentials", file)

    assert str(refused.value) == "Counter rejected the secret. Enter it once more."


def test_what_is_missing_is_asked_for_without_showing_it(
    counter: Path, source: FakeSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    def typed(prompt: str) -> str:
        asked.append(prompt)
        return SECRET

    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(getpass, "getpass", typed)

    out = said("try", str(counter), "--stream", "sales", "--set", f"address={source.url}")

    assert asked == ["Secret: "]
    assert "(personal)" in out


def test_where_nobody_can_be_asked_a_file_is_wanted(
    counter: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())

    with pytest.raises(CommandError, match="Address is missing, and nobody is there to be asked"):
        said("try", str(counter), "--stream", "sales")


@pytest.fixture
def connection(
    counter: Path, source: FakeSource, monkeypatch: pytest.MonkeyPatch, db: None
) -> Connection:
    """Alice's, with her credentials."""
    monkeypatch.setenv("MERCURIOS_CONNECTORS_PATH", str(counter))
    tenant = create_tenant(slug="alster", name="Alster Mode")
    found = create_connection(tenant=tenant, connector="counter", name="tills")
    values: dict[str, Any] = {"address": source.url, "secret": SECRET}
    set_credentials(connection=found, values=values, at=MORNING)
    return found


def test_a_connections_own_credentials_can_be_used_and_that_is_written_down(
    counter: Path, connection: Connection
) -> None:
    out = said("try", str(counter), "--stream", "sales", "--connection", "alster/tills")

    assert "(personal)" in out
    uses = CredentialUse.objects.filter(act=CredentialUse.Act.READ)
    assert [use.who for use in uses] == ["a look at records on the command line"]


def test_a_connections_credentials_do_not_go_where_another_folder_says(
    counter: Path, connection: Connection, source: FakeSource, tmp_path: Path
) -> None:
    other = tmp_path / "elsewhere" / "counter"
    other.mkdir(parents=True)
    text = YAML.replace('base_url: "{address}/api"', "base_url: https://thief.example/api")
    (other / "connector.yaml").write_text(text, encoding="utf-8")

    with pytest.raises(CommandError, match="this folder says something else"):
        said("try", str(other), "--stream", "sales", "--connection", "alster/tills")

    assert source.requests == []

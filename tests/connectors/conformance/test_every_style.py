"""What the grammar can say is read from a source that does it, whole, whatever happens meanwhile.

The simulated source reads the YAML by itself, so that each of these is understood twice alike.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flows.connectors.kit.conformance import check_folder
from flows.connectors.kit.findings import Outcome
from tests.connectors.conformance.kiosk import SAMPLES, kiosk

SIZE = {"limit": 100}
TOKEN = {"url": "https://login.kiosk.example/token", "id": "client_id", "secret": "api_token"}
CLIENT = {"title": "Client", "pattern": "[a-z]{8}"}
LOGIN = {"url": "https://login.kiosk.example/in", "body": {"who": "client_id", "key": "api_token"}}
AUTH: dict[str, dict[str, Any]] = {
    "nobody": {"by": "none"},
    "a bearer": {"by": "bearer", "token": "api_token"},
    "two headers": {"by": "headers", "headers": {"X-A": "{client_id}", "X-B": "k {api_token}"}},
    "the query": {"by": "query", "params": {"apikey": "{api_token}"}},
    "a user and a password": {"by": "basic", "user": "{client_id}+x", "password": "{api_token}"},
    "a client": {"by": "oauth-client", **TOKEN, "scope": "read all", "extra": {"audience": "x"}},
    "a client in a header": {"by": "oauth-client", **TOKEN, "send": "basic"},
    "a token that is replaced": {
        **{"by": "oauth-refresh", **TOKEN, "refresh_token": "refresh_token"},
        "rotated": "refresh_token",
    },
    "a token and a host": {
        **{"by": "oauth-refresh", **TOKEN, "refresh_token": "refresh_token"},
        "host": "api_domain",
    },
    "a session": {"by": "session", "login": LOGIN, "token": "0.token", "lifetime": "50 minutes"},
    "a session with everything": {
        **{"by": "session", "login": LOGIN, "token": "token.value", "lifetime": "token.seconds"},
        **{"header": "X-Session", "prefix": "", "host": "server"},
        "refresh": {"url": "https://login.kiosk.example/again", "bearer": "again.value"},
    },
    "a session by a form": {
        "by": "session",
        "login": {"url": LOGIN["url"], "form": LOGIN["body"], "extra": {"kind": "key"}},
        "token": "token",
    },
}
BODY = {"method": "post", "body": {"wish": {"kind": "all"}, "list": [{"from": None}]}}
STREAMS: dict[str, dict[str, Any]] = {
    "pages by number": {"pages": {"by": "number", "send": "page", "size": SIZE}},
    "numbered from zero to a short one": {
        "pages": {"by": "number", "send": "p", "size": SIZE, "start": 0, "stop": "short"}
    },
    "numbered with a header": {
        "pages": {"by": "number", "send": "p", "size": SIZE, "stop": {"header": "X-More"}}
    },
    "numbered with their number": {
        "pages": {"by": "number", "send": "p", "size": SIZE, "total_pages": "meta.pages"}
    },
    "numbered in a body": {
        **BODY,
        "pages": {"by": "number", "send": "at.page", "size": {"at.size": 9}, "in": "body"},
    },
    "an offset": {"pages": {"by": "offset", "send": "skip", "size": SIZE}},
    "an offset with a total": {
        "pages": {"by": "offset", "send": "skip", "size": SIZE, "total": {"header": "X-Total"}}
    },
    "an offset up to the total": {
        "pages": {
            "by": "offset", "send": "skip", "size": SIZE, "total": "count", "stop": "total"
        }
    },
    "a cursor and a flag": {
        "pages": {"by": "cursor", "send": "c", "take": "c", "stop": {"flag": "more"}, "size": SIZE}
    },
    "a cursor and a flag for the end": {
        "pages": {
            "by": "cursor", "send": "c", "take": "c", "stop": {"flag": "end", "ends": True}
        }
    },
    "a cursor until nothing comes": {
        "pages": {"by": "cursor", "send": "c", "take": "c", "stop": "empty"}
    },
    "a cursor in headers": {
        "pages": {"by": "cursor", "send": "X-Here", "take_header": "X-Next", "in": "header"}
    },
    "a cursor in a body": {
        **BODY,
        "pages": {"by": "cursor", "send": "c.at", "take": "c", "size": {"c.n": 9}, "in": "body"},
    },
    "the next address": {"pages": {"by": "next-url", "take": "links.next", "size": SIZE}},
    "the next address, with a dot": {"pages": {"by": "next-url", "take": ["@odata.nextLink"]}},
    "a link": {"pages": {"by": "link", "rel": "next", "size": SIZE}, "records": None},
    "the last record": {"pages": {"by": "last", "send": "after_id", "take": "id", "size": SIZE}},
    "a bare list": {"pages": {"by": "none"}, "records": None},
    "an object of records": {"records": {"at": "all", "as": "values"}, "pages": {"by": "none"}},
    "lines of JSON": {"records": {"as": "ndjson"}, "pages": {"by": "none"}},
    "a table": {
        "records": {"as": "csv", "delimiter": ";", "columns": {"Changed": "changed_at"}},
        "pages": {"by": "none"},
    },
    "a missing list": {"records": {"at": "data.sales", "optional": True}},
    "no key": {"key": "content"},
    "a key of two": {"key": ["id", "where.shop"]},
    "a segment": {"load": {"by": "segment", "add": "since/{since}", "overlap": "2 hours"}},
    "a body that asks": {
        **BODY,
        "load": {"by": "parameter", "in": "body", "send": "list.0.from", "overlap": "1 hour"},
        "pages": {"by": "none"},
    },
    "a filter": {
        "load": {
            "by": "filter", "send": "q", "write": "changed >= [{since}]", "overlap": "1 hour",
            "until": " and changed < [{until}]", "slice": "40 days",
        }
    },
    "slices of days": {
        "load": {
            "by": "parameter", "send": "from", "until": "to", "format": "%Y-%m-%d",
            "slice": "30 days", "overlap": "1 day",
        }
    },
    "seconds": {
        "load": {"by": "parameter", "send": "t", "format": "epoch-seconds", "overlap": "1 hour"}
    },
    "nothing to ask with": {"load": {"by": "client", "overlap": "1 hour"}},
    "newest first": {"load": {"by": "client", "overlap": "1 hour", "newest_first": True}},
    "a number of changes, which is the cursor, too": {
        "load": {"by": "parameter", "send": "after", "counter": "version"},
        "pages": {
            "by": "cursor", "send": "after", "take": "top", "stop": "empty", "size": SIZE
        },
    },
    "a number of changes, and the last record's": {
        "load": {"by": "parameter", "send": "after", "counter": "where.version"},
        "pages": {"by": "last", "send": "after", "take": "where.version", "size": SIZE},
        "changed": None,
    },
    "a number of changes in a body": {
        **BODY,
        "load": {"by": "parameter", "in": "body", "send": "wish.after", "counter": "version"},
        "pages": {"by": "none"},
    },
    "a number of changes in a filter": {
        "load": {"by": "filter", "send": "q", "write": "version gt {since}", "counter": "version"}
    },
    "a number of changes in a segment": {
        "load": {"by": "segment", "add": "after/{since}", "counter": "version"}
    },
    "a number of changes, and nothing to ask with": {
        "load": {"by": "client", "counter": "version", "newest_first": True}
    },
    "a number of changes for each shop": {
        "each": "shops", "path": "shops/{shops.id}/sales", "with": {"shop": "id"},
        "load": {"by": "parameter", "send": "after", "counter": "version"},
    },
    "a question in GraphQL": {
        "graphql": "query ($n: Int, $after: String, $f: String) { sales { id } }",
        "load": {
            "by": "filter", "in": "body", "send": "variables.f", "overlap": "1 hour",
            "write": "changed:>='{since}'",
        },
        "pages": {
            "by": "cursor", "in": "body", "send": "variables.after", "take": "data.end",
            "stop": {"flag": "data.more"}, "size": {"variables.n": 50},
        },
    },
    "each shop": {"each": "shops", "path": "shops/{shops.id}/sales", "with": {"shop": "id"}},
    "each shop, named in a body": {
        "each": "shops", "method": "post", "body": {"shops": ["{shops.id}"]},
        "pages": {"by": "none"},
    },
    "a report": {
        "job": {
            "start": {"path": "reports", "method": "post", "body": {"kind": "sales"}},
            "id": "report.id", "poll": "reports/{job}", "every": "10 seconds",
            "at_most": "30 minutes", "state": "report.state", "done": ["DONE"],
            "failed": ["FAILED"], "result": "report.url",
        },
        "load": "full", "pages": {"by": "none"},
    },
    "a report to fetch": {
        "job": {
            "start": {"path": "reports", "method": "post"},
            "id": "id", "poll": "reports/{job}", "every": "10 seconds",
            "at_most": "30 minutes", "state": "state", "done": ["DONE"],
            "download": "reports/{job}/file",
        },
        "records": {"as": "csv"}, "load": "full", "pages": {"by": "none"},
    },
}  # fmt: skip
MOMENTS: dict[str, tuple[dict[str, Any], list[Any]]] = {
    "seven digits of a second": (
        {"zone": "tenant"},
        ["2026-11-20T10:00:00.1234567", "2026-11-20T11:00:00"],
    ),
    "whatever it says, UTC": ({"zone": "utc"}, ["2026-11-20T10:00:00+01:00"]),
    "seconds": ({"zone": "utc", "format": "epoch-seconds"}, [1795158000]),
    "thousandths": ({"zone": "utc", "format": "epoch-milliseconds"}, ["1795158000123"]),
    "an old form of Microsoft's": (
        {"zone": "utc", "format": "ms-date"},
        ["/Date(1552326816230)/"],
    ),
    "that of mails": (
        {"zone": "offset", "format": "rfc-2822"},
        ["Wed, 10 Jan 2018 21:05:30 +0000"],
    ),
    "that of people": (
        {"zone": "tenant", "format": "%d.%m.%Y %H:%M"},
        ["20.11.2026 10:00"],
    ),
    "several at once": (
        {"zone": "offset", "format": ["iso", "epoch-milliseconds"]},
        ["2026-11-20T10:00:00Z", 1795158000123],
    ),
}


def failed(parent: Path, changes: dict[str, Any], **samples: Any) -> list[str]:
    findings = check_folder(kiosk(parent, changes, samples=samples))

    assert any(each.outcome is Outcome.PASSED for each in findings)
    return [f"{each.check}: {each.sentence}" for each in findings if each.outcome is Outcome.FAILED]


@pytest.mark.parametrize("style", AUTH)
def test_who_asks_is_proved_by(style: str, tmp_path: Path) -> None:
    auth = AUTH[style]
    base = "{host}/api" if auth.get("host") else "https://{shop}.kiosk.example/api"

    told = failed(
        tmp_path,
        {
            "client.auth": auth,
            "client.base_url": base,
            "client.headers": {"X-Version": "7", "X-Client": "{client_id}"},
            "credentials.client_id": CLIENT,
            "credentials.refresh_token": {"title": "Refresh token", "secret": True},
        },
    )

    assert told == []


@pytest.mark.parametrize("style", STREAMS)
def test_records_are_read_with(style: str, tmp_path: Path) -> None:
    where = [{**each, "where": {"shop": 7}} for each in SAMPLES["sales"]]
    plain = [{"id": each["id"], "Changed": each["changed_at"]} for each in SAMPLES["sales"]]
    renamed = "columns" in str(STREAMS[style])
    changes = {f"streams.sales.{name}": value for name, value in STREAMS[style].items()}

    told = failed(
        tmp_path,
        {"streams.sales.personal": {"drop": ["cashier"]}, **changes},
        sales=plain if renamed else where,
    )

    assert told == []


@pytest.mark.parametrize("form", MOMENTS)
def test_a_change_is_told_in(form: str, tmp_path: Path) -> None:
    changed, values = MOMENTS[form]
    sales = [
        {**SAMPLES["sales"][0], "id": f"s-{number}", "changed_at": value}
        for number, value in enumerate(values)
    ]

    told = failed(
        tmp_path, {"streams.sales.changed": {"take": "changed_at", **changed}}, sales=sales
    )

    assert told == []

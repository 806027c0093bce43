"""What may be uploaded as a connector, and what becomes of it."""

from __future__ import annotations

import stat
import time
import zipfile
from io import BytesIO

import pytest
from django.contrib.auth.models import User

from portal.lib.errors import Refused
from portal.marketplace import services
from portal.marketplace.models import ConnectorVersion, UploadedConnector
from portal.marketplace.packages import LARGEST_UPLOAD
from portal.marketplace.selectors import spec_of
from tests.portal.marketplace_cast import ASKING, AT, DOCUMENT, QUESTION, uploaded, zipped


def send(by: User, content: bytes) -> ConnectorVersion:
    return services.upload(content=content, note="Try.", by=by, at=AT)


def link(name: str) -> bytes:
    held = BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("connector.yaml", DOCUMENT)
        entry = zipfile.ZipInfo(name)
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(entry, "/etc/passwd")
    return held.getvalue()


def many(count: int) -> bytes:
    held = BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for number in range(count):
            archive.writestr(f"{number}", b"")
    return held.getvalue()


def aliases() -> bytes:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    for one, other in zip("abcdefgh", "bcdefghi", strict=True):
        lines.append(f"{other}: &{other} [{', '.join([f'*{one}'] * 9)}]")
    return "\n".join(lines).encode()


def test_an_upload_is_the_first_version_with_its_digest_and_who_sent_it(olga: User) -> None:
    version = uploaded(olga)

    assert (version.connector.name, version.number, version.who) == ("tillpoint", 1, "olga")
    assert version.note == "First."
    assert len(version.digest) == 64
    assert spec_of(version).preview
    assert list(spec_of(version).streams) == ["receipts", "shops"]


def test_another_upload_is_another_version_and_the_first_one_stays(olga: User) -> None:
    first = uploaded(olga)
    second = uploaded(olga, DOCUMENT.replace("Receipts", "Sales slips"), "Other words.")

    assert second.number == 2
    assert ConnectorVersion.objects.get(pk=first.pk).document == DOCUMENT
    with pytest.raises(TypeError, match="A version is never changed"):
        first.save()


def test_the_same_upload_again_is_no_other_version(olga: User) -> None:
    uploaded(olga)

    with pytest.raises(Refused, match="This is the same as Tillpoint version 1"):
        uploaded(olga)

    assert ConnectorVersion.objects.count() == 1


def test_a_zip_of_a_folder_brings_its_documents_and_samples(olga: User) -> None:
    version = send(
        olga,
        zipped(
            {
                "tillpoint/connector.yaml": DOCUMENT,
                "tillpoint/docs.md": "# Tillpoint\n",
                "tillpoint/samples/receipts.json": '[{"id": 1}]',
            }
        ),
    )

    assert version.document == DOCUMENT
    assert version.docs == "# Tillpoint\n"
    assert version.samples == {"receipts": '[{"id": 1}]'}


def test_a_zip_brings_the_questions_that_its_streams_ask(olga: User) -> None:
    files = {"connector.yaml": ASKING, "receipts.graphql": QUESTION}

    version = send(olga, zipped(files))

    assert version.questions == {"receipts.graphql": QUESTION}
    assert spec_of(version).streams["receipts"].graphql == QUESTION.strip()


def test_another_question_is_another_version(olga: User) -> None:
    files = {"connector.yaml": ASKING, "receipts.graphql": QUESTION}
    first = send(olga, zipped(files))

    second = send(olga, zipped(files | {"receipts.graphql": "{ receipts { id } }"}))

    assert second.number == 2
    assert second.digest != first.digest
    with pytest.raises(Refused, match="This is the same as Tillpoint version 2"):
        send(olga, zipped(files | {"receipts.graphql": "{ receipts { id } }"}))


def test_a_question_that_was_changed_in_the_database_is_not_asked(olga: User) -> None:
    version = send(olga, zipped({"connector.yaml": ASKING, "receipts.graphql": QUESTION}))
    ConnectorVersion.objects.update(questions={"receipts.graphql": "{ customers { iban } }"})
    version.refresh_from_db()

    with pytest.raises(Refused, match="Its text was changed after it was uploaded"):
        spec_of(version)


def test_a_text_that_was_changed_in_the_database_is_not_used(olga: User) -> None:
    version = uploaded(olga)
    ConnectorVersion.objects.update(document=DOCUMENT.replace("{address}", "https://evil.example"))
    version.refresh_from_db()

    with pytest.raises(Refused, match="Its text was changed after it was uploaded"):
        spec_of(version)


def test_the_name_of_a_connector_that_we_bring_is_taken(olga: User) -> None:
    with pytest.raises(Refused, match="There already is a connector prohandel"):
        uploaded(olga, DOCUMENT.replace("name: tillpoint", "name: prohandel"))

    assert not UploadedConnector.objects.exists()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "It must be a mapping"),
        (b"- 1\n- 2\n", "It must be a mapping"),
        (b"\xff\xfe\x00", "no UTF-8 text"),
        (b"name: [1\n", "connector.yaml: line"),
        (aliases(), "Aliases are not allowed"),
        (b"a: " + b"[" * 3000 + b"]" * 3000, "nested too deeply"),
        (b"name: !!python/object/apply:os.system [id]\n", "connector.yaml: line 1"),
        (b"name: tillpoint\nname: tillpoint\n", "is there twice"),
        (b"<<: {a: 1}\n", "A name must be a plain word"),
        (b"title: Nameless\n", "Give the connector a name"),
        (DOCUMENT.replace("name: tillpoint", "name: till__point").encode(), "name"),
        (DOCUMENT.replace("name: tillpoint", 'name: a";drop schema x').encode(), "name"),
        (DOCUMENT.replace("probe: receipts", "probe: wind").encode(), "wind"),
        (DOCUMENT.replace("  receipts:", "  receipts;drop:").encode(), "streams"),
        (DOCUMENT.replace("title: Shops", 'title: "a\\0b"').encode(), "a control character"),
        (DOCUMENT.replace("title: Tillpoint", f"title: {'x' * 121}").encode(), "at most 120"),
        (zipped({"docs.md": "x"}), "There is no connector.yaml"),
        (zipped({"../connector.yaml": DOCUMENT}), "no path inside a connector's folder"),
        (zipped({"/etc/connector.yaml": DOCUMENT}), "no path inside a connector's folder"),
        (zipped({"a\\b.yaml": DOCUMENT}), "no path inside"),
        (zipped({"connector.yaml": DOCUMENT, "more.zip": b"PK"}), "more.zip does not belong"),
        (zipped({"connector.yaml": DOCUMENT, "setup.py": "x"}), "setup.py does not belong"),
        (zipped({"other/connector.yaml": DOCUMENT}), "The folder is called other"),
        (
            zipped({"connector.yaml": DOCUMENT, "samples/wind.json": "[]"}),
            "There is no stream wind",
        ),
        (zipped({"connector.yaml": DOCUMENT, "samples/shops.json": "{}"}), "a JSON list"),
        (zipped({"connector.yaml": DOCUMENT, "samples/shops.json": "[NaN]"}), "is no JSON"),
        (zipped({"connector.yaml": DOCUMENT, "samples/shops.json": "[" * 60_000}), "is no JSON"),
        (zipped({"connector.yaml": DOCUMENT, "docs.md": " " * 1_500_000}), "times its size"),
        (zipped({"connector.yaml": DOCUMENT, "docs.md": " " * 9_000_000}), "too large"),
        (link("docs.md"), "docs.md is no plain file"),
        (link("receipts.graphql"), "receipts.graphql is no plain file"),
        (ASKING.encode(), "streams.receipts.graphql: There is no file receipts.graphql"),
        (
            zipped({"connector.yaml": ASKING.replace(" receipts.g", " ../receipts.g")}),
            "streams.receipts.graphql: Write the name of a file beside connector.yaml",
        ),
        (
            zipped({"connector.yaml": ASKING, "receipts.graphql": " "}),
            "receipts.graphql: It is empty",
        ),
        (
            zipped({"connector.yaml": ASKING, "receipts.graphql": "{ a\x07 }"}),
            "streams.receipts.graphql: It holds a control character",
        ),
        (
            zipped({"connector.yaml": ASKING, "receipts.graphql": b"\xff"}),
            "receipts.graphql is no UTF-8 text",
        ),
        (
            zipped({"connector.yaml": DOCUMENT, "receipts.graphql": QUESTION}),
            "receipts.graphql: No stream asks it",
        ),
        (
            zipped({"connector.yaml": ASKING, "deep/receipts.graphql": QUESTION}),
            "deep/receipts.graphql does not belong",
        ),
        (
            zipped({"connector.yaml": ASKING, "receipts.graphql": f"{{ a }} #{'xyz' * 90_000}"}),
            "receipts.graphql",
        ),
        (many(300), "more than 200 entries"),
        (b"PK\x03\x04 but no archive", "The zip is damaged"),
        (b"x" * (LARGEST_UPLOAD + 1), "larger than 2 MB"),
    ],
)
def test_a_malformed_upload_is_explained_and_not_kept(
    olga: User, content: bytes, sentence: str
) -> None:
    with pytest.raises(Refused) as refused:
        send(olga, content)

    assert sentence in refused.value.message
    assert refused.value.field == "file"
    assert not UploadedConnector.objects.exists()


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*b", "(.*a){25}", "([a-z0-9]+)*!"])
def test_a_pattern_that_never_ends_is_refused_in_time(olga: User, pattern: str) -> None:
    document = DOCUMENT.replace(
        "  api_key:", f"  shop: {{title: Shop, pattern: '{pattern}'}}\n  api_key:"
    )
    began = time.monotonic()

    with pytest.raises(Refused, match=r"credentials\.shop\.pattern: The pattern takes too long"):
        uploaded(olga, document)

    assert time.monotonic() - began < 30


@pytest.mark.parametrize(
    "pattern", ["[a-z0-9]+(-[a-z0-9]+)*", r".+@.+\.[a-z]{2,}", "[0-9a-f]{32}", "(eu|us)-[0-9]+"]
)
def test_the_usual_patterns_are_fine(olga: User, pattern: str) -> None:
    document = DOCUMENT.replace(
        "  api_key:", f"  shop: {{title: Shop, pattern: '{pattern}'}}\n  api_key:"
    )

    assert spec_of(uploaded(olga, document)).credentials["shop"].pattern is not None


def test_only_a_pattern_has_to_be_one(olga: User) -> None:
    document = DOCUMENT.replace(
        "    path: shops\n", "    path: shops\n    params: {matches: '*'}\n"
    )

    assert spec_of(uploaded(olga, document)).streams["shops"].params == {"matches": "*"}


def test_an_upload_says_what_is_new(olga: User) -> None:
    with pytest.raises(Refused, match="Say in a few words what is new"):
        uploaded(olga, note="  ")

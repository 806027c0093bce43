"""Files of a server: its key is known first, and its links lead nowhere."""

from __future__ import annotations

import base64
import io
import os
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import paramiko
import pytest

from flows.connectors.files.place import FilesRefused, FilesTrouble, Pattern
from flows.connectors.files.sftp import Server
from tests.connectors.sftp_server import PASSWORD, USER, SftpServer

MARCH = datetime(2026, 3, 3, 10, tzinfo=UTC)


@pytest.fixture
def exports(tmp_path: Path) -> Path:
    folder = tmp_path / "server" / "exports"
    (folder / "2026").mkdir(parents=True)
    (folder / "2026" / "sales.csv").write_text("id\n1\n")
    os.utime(folder / "2026" / "sales.csv", (MARCH.timestamp(), MARCH.timestamp()))
    return folder


@pytest.fixture
def server(exports: Path) -> Iterator[SftpServer]:
    with SftpServer(exports.parent) as server:
        yield server


def connected(server: SftpServer, **said: Any) -> Server:
    options: dict[str, Any] = {
        "place": f"{server.place}/exports",
        "user": USER,
        "host_key": server.fingerprint,
        "password": PASSWORD,
        "private_key": "",
        "allow_private": True,
    }
    return Server(**(options | said))


def key_file(key: paramiko.PKey) -> str:
    written = io.StringIO()
    key.write_private_key(written)
    return base64.b64encode(written.getvalue().encode()).decode()


def test_files_are_listed_and_read(server: SftpServer) -> None:
    place = connected(server)

    [found] = place.listing(Pattern("*/sales*.csv"))
    with place.opened(found) as file:
        content = file.read()
    place.close()

    assert (found.path, found.size, found.changed_at) == ("2026/sales.csv", 5, MARCH)
    assert content == b"id\n1\n"


def test_a_private_key_opens_the_server(exports: Path) -> None:
    key = paramiko.ECDSAKey.generate()
    with SftpServer(exports.parent, user_key=key) as server:
        place = connected(server, password="", private_key=key_file(key))

        assert [found.path for found in place.listing(Pattern("*/*"))] == ["2026/sales.csv"]
        place.close()


def test_a_server_with_another_key_is_told_no_password(server: SftpServer) -> None:
    other = "SHA256:" + "A" * 43

    with pytest.raises(FilesRefused, match="shows another key than the one entered"):
        connected(server, host_key=other)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"password": "wrong"}, "does not let this user in"),
        ({"host_key": ""}, "Enter the fingerprint of the server's key"),
        ({"user": ""}, "Enter the user of the server"),
        ({"password": ""}, "and a password or a private key"),
        ({"private_key": "bm90IGEga2V5"}, "The private key cannot be read"),
        ({"private_key": "not base64!"}, "The private key cannot be read"),
        ({"place": "sftp://alice@example.com/x"}, "Enter the server like sftp://"),
        ({"place": "sftp://example.com/../etc"}, "Enter the server like sftp://"),
        ({"place": "sftp://example.com:nine/x"}, "Enter the server like sftp://"),
        ({"allow_private": False}, "leads into a private network"),
    ],
)
def test_what_cannot_work_is_told_without_a_secret(
    server: SftpServer, said: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(FilesRefused, match=sentence) as refusal:
        connected(server, **said)

    assert PASSWORD not in str(refusal.value)


def test_a_server_that_does_not_answer_is_tried_again_later() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]

    with pytest.raises(FilesTrouble, match="does not answer as SFTP"):
        Server(
            place=f"sftp://127.0.0.1:{port}/x",
            user=USER,
            host_key="SHA256:" + "A" * 43,
            password=PASSWORD,
            private_key="",
            allow_private=True,
        )


class Silent(paramiko.SFTPServer):
    def start_subsystem(
        self, name: str, transport: paramiko.Transport, channel: paramiko.Channel
    ) -> None:
        while channel.recv(1024):
            pass


def test_a_server_that_falls_silent_is_not_waited_for_without_an_end(exports: Path) -> None:
    with (
        SftpServer(exports.parent, subsystem=Silent) as server,
        pytest.raises(FilesTrouble, match=r"127\.0\.0\.1 broke off"),
    ):
        connected(server, seconds=3)


def test_a_link_is_not_followed(server: SftpServer, exports: Path) -> None:
    (exports / "link.csv").symlink_to("/etc/hostname")
    place = connected(server)

    with pytest.raises(FilesRefused, match=r"link\.csv is a link"):
        list(place.listing(Pattern("*.csv")))
    place.close()


def test_a_folder_that_is_not_there_is_told(server: SftpServer) -> None:
    place = connected(server, place=f"{server.place}/nowhere")

    with pytest.raises(FilesRefused, match="There is no / below /nowhere"):
        list(place.listing(Pattern("*.csv")))
    place.close()


def test_a_file_that_grows_while_it_is_read_is_left_to_the_next_run(
    server: SftpServer, exports: Path
) -> None:
    place = connected(server)
    [found] = place.listing(Pattern("*/sales.csv"))
    (exports / "2026/sales.csv").write_text("id\n1\n2\n")

    with pytest.raises(FilesTrouble, match="changed while it was read"), place.opened(found):
        pass
    place.close()

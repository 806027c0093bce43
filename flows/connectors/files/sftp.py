"""A server that speaks SFTP. Its key is known before anything secret is said to it."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import io
import re
import socket
import stat
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import urlsplit

from flows.connectors.files.place import (
    MOST_FILES,
    FilesRefused,
    FilesTrouble,
    Found,
    Pattern,
    changed_meanwhile,
    check_size,
)
from flows.connectors.hosts import HostRefused, resolve

if TYPE_CHECKING:
    import paramiko

_SECONDS = 60.0
_CHUNK = 1 << 20
_PRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}=?")
_FORM = "Enter the server like sftp://files.example.com/exports."


class Server:
    """
    :param host_key: fingerprint of the server's key, `SHA256:…`
    :param private_key: file of the key in Base64; without it the password is used
    :param seconds: the longest that the server may be silent
    :raises FilesRefused: if somebody has to act first
    :raises FilesTrouble: if the server cannot be reached just now
    """

    def __init__(
        self,
        *,
        place: str,
        user: str,
        host_key: str,
        password: str,
        private_key: str,
        allow_private: bool,
        seconds: float = _SECONDS,
    ) -> None:
        self._seconds = seconds
        self._host, port, self._top = _parts(place)
        if not _PRINT.fullmatch(host_key):
            raise FilesRefused(
                "Enter the fingerprint of the server's key, like SHA256:…, as whoever runs the "
                "server gives it."
            )
        if not user or not (password or private_key):
            raise FilesRefused("Enter the user of the server, and a password or a private key.")
        key = _key(private_key) if private_key else None
        self._transport = self._reached(port, allow_private)
        try:
            self._check_host(host_key)
            self._sign_in(user, password, key)
            self._sftp = self._said(self._opened_session)
        except BaseException:
            self._transport.close()
            raise

    def listing(self, pattern: Pattern) -> Iterator[Found]:
        yield from self._below("", pattern)

    @contextmanager
    def opened(self, found: Found) -> Iterator[BinaryIO]:
        check_size(found)
        with tempfile.TemporaryFile() as file:
            self._said(lambda: self._copy(found, file), found.path)
            status = self._said(lambda: self._sftp.lstat(self._path(found.path)), found.path)
            if file.tell() != found.size or _mark(status) != found.mark:
                raise changed_meanwhile(found)
            file.seek(0)
            yield file

    def close(self) -> None:
        self._transport.close()

    def _below(self, folder: str, pattern: Pattern) -> Iterator[Found]:
        entries = self._said(lambda: self._entries(folder), folder or "/")
        if len(entries) > MOST_FILES:
            raise FilesRefused(
                f"{folder or self._top} has more than {MOST_FILES} files. Put the old ones away."
            )
        for entry in sorted(entries, key=lambda entry: entry.filename):
            path = f"{folder}/{entry.filename}" if folder else entry.filename
            mode = entry.st_mode or 0
            if not (pattern.matches(path) or pattern.leads(path)) or "/" in entry.filename:
                continue
            if stat.S_ISLNK(mode):
                raise FilesRefused(f"{path} is a link. Put the file itself on the server.")
            if stat.S_ISDIR(mode) and pattern.leads(path):
                yield from self._below(path, pattern)
            elif stat.S_ISREG(mode) and pattern.matches(path):
                yield Found(
                    path=path,
                    size=entry.st_size or 0,
                    changed_at=datetime.fromtimestamp(entry.st_mtime or 0, UTC),
                    mark=_mark(entry),
                )

    def _entries(self, folder: str) -> list[paramiko.SFTPAttributes]:
        """Those of a folder, and one too many of a server that does not come to an end."""
        entries = self._sftp.listdir_iter(self._path(folder), read_aheads=1)
        return list(islice(entries, MOST_FILES + 1))

    def _copy(self, found: Found, file: BinaryIO) -> None:
        with self._sftp.open(self._path(found.path), "rb") as remote:
            remote.prefetch(found.size)
            left = found.size + 1
            while left > 0 and (chunk := remote.read(min(_CHUNK, left))):
                file.write(chunk)
                left -= len(chunk)

    def _path(self, path: str) -> str:
        return f"{self._top}/{path}" if path else self._top or "/"

    def _reached(self, port: int, allow_private: bool) -> paramiko.Transport:
        """Connected to the address that was checked, so the name cannot change its mind."""
        import paramiko

        try:
            family, address = resolve(self._host, port, allow_private=allow_private)[0]
        except HostRefused as error:
            raise FilesRefused(str(error)) from None
        except OSError:
            raise FilesRefused(
                f"The server {self._host} cannot be found. Check its name."
            ) from None
        connection = socket.socket(family, socket.SOCK_STREAM)
        try:
            connection.settimeout(10)
            connection.connect(address)
            transport = paramiko.Transport(connection)
            transport.banner_timeout = transport.auth_timeout = self._seconds
            transport.start_client(timeout=self._seconds)
        except (OSError, EOFError, paramiko.SSHException):
            connection.close()
            raise FilesTrouble(f"The server {self._host} does not answer as SFTP.") from None
        return transport

    def _check_host(self, host_key: str) -> None:
        shown = hashlib.sha256(self._transport.get_remote_server_key().asbytes()).digest()
        printed = "SHA256:" + base64.b64encode(shown).decode().rstrip("=")
        if not hmac.compare_digest(printed, host_key.rstrip("=")):
            raise FilesRefused(
                f"The server {self._host} shows another key than the one entered. Ask who runs it "
                "whether the key was changed, and enter the new fingerprint only if it was."
            )

    def _sign_in(self, user: str, password: str, key: Any) -> None:
        import paramiko

        refused = False
        try:
            if key is not None:
                self._transport.auth_publickey(user, key)
            else:
                self._transport.auth_password(user, password)
        except paramiko.AuthenticationException:
            refused = True
        except (OSError, EOFError, paramiko.SSHException):
            pass
        if refused:
            raise FilesRefused(
                f"The server {self._host} does not let this user in. Check the user and what opens "
                "the server to them."
            )
        if not self._transport.is_authenticated():
            raise FilesTrouble(f"The server {self._host} broke off while we signed in.")

    def _opened_session(self) -> paramiko.SFTPClient:
        import paramiko

        channel = self._transport.open_session(timeout=self._seconds)
        channel.settimeout(self._seconds)
        # What a channel is asked for is waited for without an end.
        too_long = threading.Timer(self._seconds, channel.close)
        too_long.start()
        try:
            channel.invoke_subsystem("sftp")
        finally:
            too_long.cancel()
        return paramiko.SFTPClient(channel)

    def _said(self, ask: Callable[[], Any], path: str = "") -> Any:
        import paramiko

        try:
            return ask()
        except PermissionError:
            raise FilesRefused(f"{path} may not be read by this user. Allow it.") from None
        except FileNotFoundError:
            raise FilesRefused(
                f"There is no {path} below {self._top or '/'} on the server. Check the path."
            ) from None
        except (OSError, EOFError, paramiko.SSHException):
            raise FilesTrouble(
                f"The server {self._host} broke off{f' at {path}' if path else ''}."
            ) from None


def _parts(place: str) -> tuple[str, int, str]:
    try:
        parts = urlsplit(place)
        host, port = parts.hostname or "", parts.port or 22
    except ValueError:
        raise FilesRefused(_FORM) from None
    segments = [segment for segment in parts.path.split("/") if segment]
    if not host or parts.username or parts.query or parts.fragment or ".." in segments:
        raise FilesRefused(_FORM)
    return host, port, "".join(f"/{segment}" for segment in segments)


def _key(text: str) -> Any:
    import paramiko

    key = None
    try:
        written = base64.b64decode(text, validate=True).decode()
        for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
            try:
                key = kind.from_private_key(io.StringIO(written))
                break
            except (paramiko.SSHException, ValueError, IndexError):
                continue
    except (binascii.Error, ValueError):
        key = None
    if key is None:
        raise FilesRefused(
            "The private key cannot be read. Enter the file of a key without a passphrase in "
            "Base64, on one line, as `base64 -w0` writes it."
        )
    return key


def _mark(status: Any) -> str:
    return f"{status.st_size}-{status.st_mtime}"

"""A server that speaks SFTP on the loopback and shows one folder, to one user."""

from __future__ import annotations

import base64
import hashlib
import os
import socket
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

import paramiko
from paramiko.common import AUTH_FAILED, AUTH_SUCCESSFUL, OPEN_SUCCEEDED

USER = "alice"
PASSWORD = "canary-sftp-password"


class SftpServer:
    """Listens from the start; use it in a `with` statement."""

    def __init__(
        self,
        folder: Path,
        *,
        user_key: paramiko.PKey | None = None,
        subsystem: type[paramiko.SubsystemHandler] = paramiko.SFTPServer,
    ) -> None:
        self.folder = folder
        self._subsystem = subsystem
        self.key = paramiko.ECDSAKey.generate()
        self._user_key = user_key
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._transports: list[paramiko.Transport] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def place(self) -> str:
        return f"sftp://127.0.0.1:{self._socket.getsockname()[1]}"

    @property
    def fingerprint(self) -> str:
        digest = hashlib.sha256(self.key.asbytes()).digest()
        return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)  # wakes whoever waits in accept
        self._socket.close()
        for transport in self._transports:
            transport.close()
        self._thread.join(timeout=5)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            transport = paramiko.Transport(connection)
            self._transports.append(transport)
            transport.add_server_key(self.key)
            transport.set_subsystem_handler("sftp", self._subsystem, _Files, self.folder)
            try:
                transport.start_server(server=_Door(self._user_key))
            except (paramiko.SSHException, EOFError, OSError):
                transport.close()  # a client that did not like our key


class _Door(paramiko.ServerInterface):
    def __init__(self, user_key: paramiko.PKey | None) -> None:
        self._user_key = user_key

    def get_allowed_auths(self, username: str) -> str:
        return "password,publickey"

    def check_auth_password(self, username: str, password: str) -> int:
        is_right = (username, password) == (USER, PASSWORD)
        return AUTH_SUCCESSFUL if is_right else AUTH_FAILED

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        is_right = username == USER and key == self._user_key
        return AUTH_SUCCESSFUL if is_right else AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return OPEN_SUCCEEDED


class _Files(paramiko.SFTPServerInterface):
    """Reading only. Numbers of errors are those of the folder's own file system."""

    def __init__(self, server: paramiko.ServerInterface, folder: Path) -> None:
        super().__init__(server)
        self._folder = folder

    def list_folder(self, path: str) -> list[paramiko.SFTPAttributes] | int:
        try:
            names = os.listdir(self._inside(path))
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno or 0)
        return [
            paramiko.SFTPAttributes.from_stat(os.lstat(self._inside(f"{path}/{name}")), name)
            for name in names
        ]

    def stat(self, path: str) -> paramiko.SFTPAttributes | int:
        return self.lstat(path)

    def lstat(self, path: str) -> paramiko.SFTPAttributes | int:
        try:
            return paramiko.SFTPAttributes.from_stat(os.lstat(self._inside(path)))
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno or 0)

    def open(
        self, path: str, flags: int, attr: paramiko.SFTPAttributes
    ) -> paramiko.SFTPHandle | int:
        try:
            file = open(self._inside(path), "rb")  # noqa: SIM115 - the handle closes it
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno or 0)
        handle = paramiko.SFTPHandle(flags)
        handle.readfile = file  # type: ignore[attr-defined]  # what paramiko's stub servers do
        return handle

    def _inside(self, path: str) -> Path:
        return self._folder / path.lstrip("/")

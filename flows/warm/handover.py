"""How a program hands its work to the warm server: one request, one answer, over a local socket.

The request is JSON behind its length, with the caller's standard streams beside it. The answers are
lines: the number of the process that does the work, and how it ended. Whoever lets go of the
connection before that has died, and its work ends with it.
"""

from __future__ import annotations

import json
import os
import socket
import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TextIO

_LENGTH = struct.Struct("!I")
_LARGEST = 16 * 1024 * 1024
STANDARD_STREAMS = (0, 1, 2)


@dataclass(frozen=True)
class End:
    """How work ended: an exit code, or less than 0 for the signal that killed it.

    `cpu_seconds` are those of its process and the children that it waited for.
    """

    code: int
    cpu_seconds: float

    def __str__(self) -> str:
        return f"{self.code} {self.cpu_seconds}"


# What a server that died has begun dies with it.
_KILLED = End(-9, 0.0)


class NotHandedOver(Exception):
    """Nobody took the work; nothing of it has begun."""


@dataclass(frozen=True)
class Work:
    """What a program was started as. It holds whatever its environment does, secrets included."""

    arguments: list[str]
    environment: dict[str, str]
    folder: str

    def __repr__(self) -> str:
        return f"Work({self.arguments})"


def connect(path: Path) -> socket.socket:
    """:raises NotHandedOver: if nobody of this same user listens there"""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with address(path) as short:
            connection.connect(short)
    except OSError as error:
        connection.close()
        raise NotHandedOver(str(error)) from error
    if _user_of(connection) != os.getuid():
        connection.close()
        raise NotHandedOver("It is another user's, who must not see what work holds.")
    return connection


def _end(said: str) -> End:
    code, _, cpu_seconds = said.partition(" ")
    return End(int(code), float(cpu_seconds)) if said else _KILLED


@contextmanager
def address(path: Path) -> Iterator[str]:
    """The path of a socket as the kernel takes it, however long the path of its folder is."""
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def hand_over(
    path: Path,
    work: Work,
    *,
    streams: Sequence[int] = STANDARD_STREAMS,
    begun: Callable[[int], None] = lambda process: None,
) -> End:
    """Let the server at a path do work, and wait for it.

    :param streams: what the work has for input, output and errors
    :param begun: is told the number of the process that does it
    :raises NotHandedOver: if nobody has begun it
    """
    with connect(path) as connection:
        answers = connection.makefile("r")
        begun(_process(connection, answers, work, streams))
        return _end(answers.readline())


def _process(connection: socket.socket, answers: TextIO, work: Work, streams: Sequence[int]) -> int:
    """The number of the process that does the work.

    :raises NotHandedOver: if the server lets go before it tells one: then there is none
    """
    text = json.dumps(asdict(work)).encode()
    try:
        socket.send_fds(connection, [_LENGTH.pack(len(text))], list(streams))
        connection.sendall(text)
        process = answers.readline()
    except OSError as error:
        raise NotHandedOver(str(error)) from error
    if not process:
        raise NotHandedOver("The server ended.")
    return int(process)


def receive(connection: socket.socket) -> tuple[Work, list[int]]:
    """The work and the streams to do it with.

    :raises NotHandedOver: if it is not a whole request of this machine's same user
    """
    if _user_of(connection) != os.getuid():
        raise NotHandedOver("It comes from another user.")
    head, streams, _, _ = socket.recv_fds(connection, _LENGTH.size, len(STANDARD_STREAMS))
    try:
        return Work(**json.loads(_exactly(connection, _size(head)))), streams
    except (OSError, ValueError, TypeError) as error:
        for stream in streams:
            os.close(stream)
        raise NotHandedOver("It is no whole request.") from error


def _size(head: bytes) -> int:
    if len(head) != _LENGTH.size or (size := _LENGTH.unpack(head)[0]) > _LARGEST:
        raise ValueError
    return int(size)


def _exactly(connection: socket.socket, size: int) -> bytes:
    received = bytearray()
    while len(received) < size:
        part = connection.recv(size - len(received))
        if not part:
            raise ValueError
        received += part
    return bytes(received)


def _user_of(connection: socket.socket) -> int:
    said = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return int(struct.unpack("3i", said)[1])

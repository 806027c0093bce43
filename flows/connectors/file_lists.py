"""The records of files, as the pages of an API are read."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from flows.connectors.answers import rows
from flows.connectors.bookmarks import Point
from flows.connectors.credentials import Credentials
from flows.connectors.files.place import FilesRefused, FilesTrouble
from flows.connectors.files.source import FileSource
from flows.connectors.lists import Chunk, ListBroken
from flows.connectors.spec import Connector


class FileLists:
    """Reads the streams of one connection to a place with files."""

    def __init__(
        self,
        connector: Connector,
        credentials: Credentials,
        *,
        clock: Callable[[], datetime],
        allow_private: bool,
    ) -> None:
        self._connector = connector
        self._clock = clock
        self._source = FileSource(connector, credentials, allow_private=allow_private)

    def chunks(
        self, name: str, *, since: Point | None, lists: Mapping[str, Point] | None = None
    ) -> Generator[Chunk]:
        """The records of a stream, some thousand at a time.

        :param since: aware; the stream's overlap is taken off here
        :param lists: of no meaning for files, which are one list
        :raises ListBroken: in words for a tenant
        """
        with _in_our_words():
            moment = since if isinstance(since, datetime) else None
            for text in self._source.walk(self._connector.streams[name], since=moment):
                yield Chunk(text, rows(text, path=None).records, self._clock())

    def first(self, name: str, *, since: Point | None) -> Chunk:
        """The first records; none where there is no file yet.

        :raises ListBroken: as above
        """
        chunks = self.chunks(name, since=since)
        try:
            return next(chunks, Chunk(b"[]", [], self._clock()))
        finally:
            chunks.close()


@contextmanager
def _in_our_words() -> Iterator[None]:
    try:
        yield
    except FilesRefused as refusal:
        raise ListBroken(str(refusal)) from None
    except FilesTrouble as trouble:
        raise ListBroken(str(trouble), may_pass=True) from None

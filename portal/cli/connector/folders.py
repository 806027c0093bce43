"""The folder that somebody names on the command line."""

from __future__ import annotations

from pathlib import Path

from flows.connectors.kit.folder import Folder, FolderInvalid, read_folder
from portal.lib.errors import Refused

PATH_HELP = "a connector's folder, such as ./tillpoint, wherever it is"
STREAM_HELP = "one of its streams"


def folder_at(path: str, *, stream: str | None) -> Folder:
    """:raises Refused: if there is no valid connector, or it has no such stream"""
    try:
        folder = read_folder(Path(path))
    except FolderInvalid as error:
        raise Refused(str(error)) from error
    if stream is not None and stream not in folder.connector.streams:
        known = ", ".join(folder.connector.streams)
        raise Refused(f"{folder.name} has no stream {stream}. It has {known}.", field="stream")
    return folder

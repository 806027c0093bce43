"""Every answer with data of a simulated source: which records, which page, what form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import tzinfo

from flows.connectors.kit.folder import Folder
from flows.connectors.kit.http import Asked, Reply, as_json
from flows.connectors.kit.jobs import Job, Jobs
from flows.connectors.kit.shapes import reply_of
from flows.connectors.kit.turns import NotUnderstood, turn
from flows.connectors.kit.wishes import Wish, Wishes
from flows.connectors.kit.world import World, counter_of


@dataclass(frozen=True, kw_only=True)
class Answered:
    """`place` is where the page begins in its list; None where the answer is no page.

    `size` is the number of its records. `problem` is why the request is none that the folder
    describes.
    """

    reply: Reply
    stream: str | None = None
    place: int | None = None
    size: int = 0
    problem: str = ""


class Lists:
    """:param base: the path of the base address on our server, without a slash at its end"""

    def __init__(
        self,
        folder: Folder,
        world: World,
        values: Mapping[str, str],
        *,
        base: str,
        url: Callable[[], str],
        time_zone: tzinfo,
        secret_params: frozenset[str],
    ) -> None:
        self._folder = folder
        self._world = world
        self._base = base
        self._url = url
        self._secret_params = secret_params
        self._wishes = Wishes(folder, world, values, time_zone=time_zone)
        self._jobs = Jobs(url=lambda: url() + base)

    def answer(self, asked: Asked, *, most: int | None = None) -> Answered:
        """Never fails: what is not understood is answered with 400 and the reason.

        :param most: as many records as a page has at most, whatever is asked for
        """
        path = asked.path.removeprefix(self._base).strip("/")
        found = self._jobs.asked_after(path)
        if isinstance(found, Reply):
            return Answered(reply=found)
        try:
            if isinstance(found, Job):
                return self._page(found.wish, asked, most)
            wish = self._wishes.understood(asked, path)
            spec = self._folder.stream(wish.stream)
            if spec.get("job"):
                begun = self._jobs.begun(wish, asked, spec)
                return Answered(reply=begun, stream=wish.stream)
            return self._page(wish, asked, most)
        except NotUnderstood as problem:
            said = {"error": "not understood"}
            return Answered(reply=as_json(said, status=400), problem=str(problem))

    def _page(self, wish: Wish, asked: Asked, most: int | None) -> Answered:
        spec = self._folder.stream(wish.stream)
        made = wish.granted(self._world.made(wish.stream))
        pages, load = spec.get("pages") or {"by": "none"}, spec["load"]
        load = load if isinstance(load, dict) else {}
        if load.get("newest_first"):
            made = made[::-1]
        page = turn(
            pages,
            asked,
            made,
            url=self._url(),
            secret_params=self._secret_params,
            most=most,
            # What is asked for as changed after a number goes on in the same way.
            counter=counter_of(spec) if load.get("send") == pages.get("send") else None,
        )
        reply = reply_of(
            spec,
            [each.record for each in page.made],
            extras=page.extras,
            headers=page.headers,
        )
        return Answered(reply=reply, stream=wish.stream, place=page.place, size=len(page.made))

"""Have a source make a report, and wait until it can be fetched."""

from __future__ import annotations

from collections.abc import Callable
from datetime import tzinfo
from math import ceil
from urllib.parse import urljoin

from flows.connectors.client import List
from flows.connectors.formats import Records
from flows.connectors.jobs import Job
from flows.connectors.json_path import text_at, written
from flows.connectors.loads import Span
from flows.connectors.opening import start_question
from flows.connectors.request import Request
from flows.connectors.streams import Stream
from flows.connectors.templates import Filling

ONE = Records.model_validate({"as": "single"})
_POLLED = frozenset({200, 201, 202})
Ask = Callable[[Request], List]


class ReportFailed(Exception):
    """The source cannot make this report, or says something about it that makes no sense."""


class ReportUnfinished(Exception):
    """The source has not made this report; the next run may have more luck."""


def report(
    stream: Stream,
    job: Job,
    *,
    ask: Ask,
    sleep: Callable[[float], None],
    filling: Filling,
    span: Span | None,
    time_zone: tzinfo,
) -> Request:
    """The first question for the records of a report that has been made.

    :param ask: asks for one JSON object
    :raises ReportFailed, ReportUnfinished: if there will be none in this run
    :raises Unfillable: if a value of the question is missing
    """
    question = start_question(stream, job.start, filling=filling, span=span, time_zone=time_zone)
    number = text_at(ask(question).text, job.id)
    if not number:
        raise ReportFailed(f"the answer to its start has no {written(job.id)}")
    known = filling.with_own(job=number)
    poll = Request(path=known.path(job.poll), statuses=_POLLED)
    answer = _finished(job, ask=ask, sleep=sleep, poll=poll)
    if job.download is not None:
        return stream.pages.first(Request(path=known.path(job.download)))
    address = text_at(answer.text, job.result or "")
    if not address:
        raise ReportFailed(f"the finished report has no address at {written(job.result or ())}")
    url = urljoin(answer.reply.url, address)
    return stream.pages.first(Request(url=url, hosts=job.result_hosts))


def _finished(job: Job, *, ask: Ask, sleep: Callable[[float], None], poll: Request) -> List:
    """The answer that says that the report is done."""
    meanings = {
        state.casefold(): meaning
        for meaning in ("done", "failed", "cancelled")
        for state in getattr(job, meaning)
    }
    every = job.every.total_seconds()
    for _ in range(max(1, ceil(job.at_most.total_seconds() / every))):
        sleep(every)
        answer = ask(poll)
        state = text_at(answer.text, job.state) or ""
        match meanings.get(state.casefold()):
            case "done":
                return answer
            case "failed":
                raise ReportFailed(f"the source says about its report: {state}")
            case "cancelled":
                raise ReportUnfinished(f"the source says about its report: {state}")
    minutes = ceil(job.at_most.total_seconds() / 60)
    raise ReportUnfinished(f"the source did not finish its report within {minutes} minutes")

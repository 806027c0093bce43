"""Every check, and a folder put through them."""

from __future__ import annotations

from collections.abc import Iterator

from flows.connectors.kit import (
    access,
    declared,
    reads,
    spoiled,
    survival,
    vanishing,
    written,
)
from flows.connectors.kit.bench import Bench, NoCredentials
from flows.connectors.kit.findings import Check, Finding, Outcome
from flows.connectors.kit.folder import Folder

OF_STREAMS = (
    Check(name="samples are there", look=written.samples_are_there),
    Check(name="keys are in the samples", look=written.keys_are_there),
    Check(name="changes are in the samples", look=written.changes_are_there),
    Check(name="samples name nobody", look=written.samples_name_nobody),
    Check(name="every field is judged", look=written.fields_are_judged),
    Check(name="is read whole", look=reads.is_read_whole),
    Check(name="is read twice alike", look=reads.is_read_twice_alike),
    Check(name="goes on from any bookmark", look=reads.goes_on_from_any_bookmark),
    Check(name="reads nothing from the future", look=reads.reads_nothing_from_the_future),
    Check(name="leaves people out", look=reads.leaves_people_out),
    Check(name="marks what is gone", look=vanishing.marks_what_is_gone),
    Check(
        name="marks nothing after half a listing",
        look=vanishing.marks_nothing_after_half_a_listing,
    ),
    Check(name="holds back what is not plausible", look=vanishing.holds_back_what_is_not_plausible),
    *spoiled.checks(),
)
OF_CONNECTORS = (
    Check(name="secrets are marked", look=written.secrets_are_marked, of_streams=False),
    Check(
        name="good credentials are accepted",
        look=access.good_credentials_are_accepted,
        of_streams=False,
    ),
    Check(
        name="bad credentials are refused",
        look=access.bad_credentials_are_refused,
        of_streams=False,
    ),
    Check(name="secrets stay secret", look=access.secrets_stay_secret, of_streams=False),
    Check(name="limits are kept", look=access.limits_are_kept, of_streams=False),
    Check(name="an allowance is heeded", look=access.an_allowance_is_heeded, of_streams=False),
    Check(name="the wait is understood", look=declared.the_wait_is_understood, of_streams=False),
    Check(name="failures are told", look=declared.failures_are_told, of_streams=False),
    *survival.checks(),
)


def check_folder(folder: Folder, *, stream: str | None = None) -> list[Finding]:
    """Everything that was found, in the order of the checks.

    :param stream: only the checks of this stream, which must be one of the connector's
    """
    try:
        bench = Bench(folder)
    except NoCredentials as problem:
        return [
            Finding(
                check="credentials can be invented",
                stream=None,
                outcome=Outcome.FAILED,
                sentence=str(problem),
            )
        ]
    with bench:
        return list(_findings(bench, [stream] if stream else list(folder.connector.streams)))


def _findings(bench: Bench, streams: list[str]) -> Iterator[Finding]:
    is_whole = len(streams) == len(bench.connector.streams)
    for check in OF_CONNECTORS if is_whole else ():
        yield check.found(bench)
    for stream in streams:
        for check in OF_STREAMS:
            yield check.found(bench, stream)

"""Where alerts go: `log:`, `mailto:ops@example.com`, `sns:<ARN of a topic>`."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from smtplib import SMTPException

from django.core.exceptions import ImproperlyConfigured
from django.core.mail import send_mail

from portal.alerts import sns
from portal.alerts.models import Alert
from portal.lib.errors import Refused

log = logging.getLogger("portal.alerts")

FORMS = {
    "log": re.compile(r""),
    "mailto": re.compile(r"[^@\s,]+@[^@\s,]+"),
    "sns": re.compile(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}"),
}


# What nobody has to act on.
GOOD = frozenset({Alert.Kind.RECOVERED, Alert.Kind.REPORT})


def check_channels(channels: Sequence[str]) -> None:
    """:raises ImproperlyConfigured: naming the first one that is none"""
    for channel in channels:
        kind, colon, place = channel.partition(":")
        if not colon or kind not in FORMS or not FORMS[kind].fullmatch(place):
            raise ImproperlyConfigured(
                f"MERCURIOS_ALERTS has {channel!r}. Write log:, mailto:ops@example.com or"
                " sns:arn:aws:sns:REGION:ACCOUNT:TOPIC, with commas between several."
            )


def send(alert: Alert) -> None:
    """:raises Refused: if the channel did not take it; an operator can change that"""
    kind, _, place = alert.channel.partition(":")
    CHANNELS[kind](alert, place)


def _to_log(alert: Alert, place: str) -> None:
    level = logging.INFO if alert.kind in GOOD else logging.WARNING
    log.log(level, "%s\n%s", alert.subject, alert.text)


def _to_mail(alert: Alert, place: str) -> None:
    try:
        send_mail(alert.subject, alert.text, None, [place])
    except (SMTPException, OSError) as error:
        raise Refused(
            f"The mail server did not take the alert ({type(error).__name__}). Correct"
            " MERCURIOS_EMAIL_URL, or the address in MERCURIOS_ALERTS."
        ) from error


def _to_sns(alert: Alert, place: str) -> None:
    # SNS takes no attribute without a text.
    told = {"kind": alert.kind}
    if alert.tenant is not None:
        told["tenant"] = alert.tenant.slug
    if alert.incident is not None:
        told["connection"] = alert.incident.connection.name
    sns.publish(topic=place, subject=alert.subject, text=alert.text, told=told)


CHANNELS: dict[str, Callable[[Alert, str], None]] = {
    "log": _to_log,
    "mailto": _to_mail,
    "sns": _to_sns,
}

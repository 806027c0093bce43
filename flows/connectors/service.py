"""The part of a connector.yaml that says where an API is, who asks it, and how often."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import Field, field_validator, model_validator

from flows.connectors.auth import Auth, Sealed
from flows.connectors.credentials import CredentialField
from flows.connectors.grammar import GrammarModel, Template, placeholders
from flows.connectors.grants import HeaderName
from flows.connectors.limits import Limit, Wait
from flows.connectors.throttles import Throttle


class Client(GrammarModel):
    """Where to knock and how often. `{host}` in the base address is the host the login named.

    `headers` go with every request; `at_once` is how many requests may be under way.
    """

    base_url: Template
    auth: Auth
    headers: dict[HeaderName, Sealed] = {}
    requests_per_second: Annotated[float, Field(gt=0, le=100)] | None = None
    limits: tuple[Limit, ...] = ()
    wait: Wait | None = None
    throttle: Throttle | None = None
    at_once: Annotated[int, Field(ge=1, le=16)] = 4
    probe: str

    @field_validator("headers")
    @classmethod
    def _leaves_the_transport_its_own(cls, headers: dict[str, str]) -> dict[str, str]:
        ours = {"host", "content-length", "transfer-encoding", "connection", "accept-encoding"}
        if taken := sorted(name for name in headers if name.lower() in ours):
            raise ValueError(f"{taken[0]} is for the transport to say; leave it out")
        return headers

    @model_validator(mode="after")
    def _says_how_often(self) -> Client:
        if (self.requests_per_second is None) == (not self.limits):
            raise ValueError(
                "Say how often the source may be asked: either requests_per_second or limits"
            )
        return self

    @property
    def rates(self) -> tuple[Limit, ...]:
        if self.requests_per_second is not None:
            return (Limit(requests=self.requests_per_second),)
        return self.limits

    def check(self, credentials: Mapping[str, CredentialField]) -> None:
        """
        :raises ValueError: naming the place, if a credential is not there, or is used where it
            must not be
        """
        for name in self.auth.fields():
            if name not in credentials:
                raise ValueError(f"client.auth: There is no credential {name}")
        for header, text in self.headers.items():
            for name in placeholders(text):
                if name not in credentials:
                    raise ValueError(f"client.headers.{header}: There is no credential {name}")
        for where, template in self._addresses():
            check_address(
                where,
                template,
                credentials=credentials,
                has_host=where == "client.base_url" and bool(self.auth.host),
            )

    def _addresses(self) -> Iterator[tuple[str, str]]:
        yield "client.base_url", self.base_url
        for where, template in self.auth.templates():
            yield f"client.auth.{where}", template


def check_address(
    where: str, template: str, *, credentials: Mapping[str, CredentialField], has_host: bool = False
) -> None:
    """An address may only be built from what cannot lead elsewhere and may be seen in a log.

    :param has_host: whether `{host}` stands for the host that the login named
    :raises ValueError: naming the place
    """
    for name in placeholders(template):
        if name == "host" and has_host:
            continue
        field = credentials.get(name)
        if field is None:
            raise ValueError(f"{where}: There is no credential {name}")
        if not field.is_safe_in_url:
            raise ValueError(
                f"{where}: {name} becomes part of an address, so it needs a pattern and must "
                "not be secret"
            )
        if field.optional and field.default is None:
            raise ValueError(
                f"{where}: {name} becomes part of an address, so it must not be optional "
                "without a default"
            )
        if field.kind == "url" and not template.startswith(f"{{{name}}}"):
            raise ValueError(f"{where}: {name} is a whole address, so it has to come first")
    if not template.startswith(("https://", "{")):
        raise ValueError(f"{where}: Write an address that begins with https://")

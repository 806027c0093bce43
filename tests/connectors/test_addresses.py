from __future__ import annotations

import pytest

from flows.connectors.addresses import is_reachable

PUBLIC = ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"]
PRIVATE = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "198.18.0.1",
    "192.0.0.8",
    "::1",
    "fd00::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "::7f00:1",
    "64:ff9b:1::1",
    "fec0::1",
    "2001:0:7f00:1::",
    "2001:db8::1",
    "3fff::1",
]
NEVER = [
    "169.254.169.254",
    "::ffff:169.254.169.254",
    "fe80::1",
    "fd00:ec2::254",
    "fd20:ce::254",
    "100.100.100.200",
    "168.63.129.16",
    "::ffff:168.63.129.16",
    "192.0.0.192",
    "0.0.0.0",  # noqa: S104 - to be refused, not bound to
    "::",
    "224.0.0.1",
    "ff02::1",
    "255.255.255.255",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_can_be_reached(address: str) -> None:
    assert is_reachable(address, allow_private=False)


@pytest.mark.parametrize("address", PRIVATE + NEVER)
def test_an_inner_address_cannot_be_reached(address: str) -> None:
    assert not is_reachable(address, allow_private=False)


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "::1", "::ffff:127.0.0.1"])
def test_a_private_network_can_be_allowed(address: str) -> None:
    assert is_reachable(address, allow_private=True)


@pytest.mark.parametrize("address", NEVER)
def test_some_addresses_are_never_allowed(address: str) -> None:
    assert not is_reachable(address, allow_private=True)

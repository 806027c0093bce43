"""Which addresses our servers may connect to on behalf of a tenant.

The name a tenant types is no help here: `127.1`, `2130706433` and `①②⑦.⓪.⓪.①` are all this machine,
and `64:ff9b::7f00:1` is it as well, through a translator. So the question is asked of the address a
name resolved to, and of the address inside it.
"""

from __future__ import annotations

from ipaddress import (
    IPv4Address,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

_TRANSLATED = (
    IPv6Network("64:ff9b::/96"),  # NAT64
    IPv6Network("::/96"),  # IPv4-compatible, long deprecated and still understood
)
_IPV6_UNICAST = IPv6Network("2000::/3")
# Not for general use, although Python 3.11 calls them global.
_NOT_PUBLIC = tuple(
    ip_network(network)
    for network in ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "2002::/16", "3fff::/20")
)
# Where clouds tell a machine its own keys: Alibaba, Azure, Oracle, Amazon and Google. Azure's is
# public everywhere else. Nobody's till lives there.
_NEVER = tuple(
    ip_network(address)
    for address in (
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "fd00:ec2::254",
        "fd20:ce::254",
    )
)


def is_reachable(text: str, *, allow_private: bool) -> bool:
    """Whether a tenant's connection may reach this address.

    :param allow_private: also this machine and private networks, for development and for tills
        inside the operator's own network. Never link-local, multicast or a cloud's metadata
        address.
    """
    address = _unwrapped(ip_address(text))
    if any(address in network for network in _NEVER):
        return False
    if allow_private:
        return not (
            address.is_link_local
            or address.is_multicast
            or address.is_unspecified
            or (isinstance(address, IPv4Address) and address.is_reserved)
        )
    return _is_public(address)


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if any(address in network for network in _NOT_PUBLIC) or address.is_multicast:
        return False
    if isinstance(address, IPv6Address):
        return address in _IPV6_UNICAST and address.is_global
    return address.is_global and not address.is_reserved


def _unwrapped(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address inside an IPv6 one, if there is one; it is where the packets end."""
    if isinstance(address, IPv4Address) or address.is_loopback or address.is_unspecified:
        return address
    if inside := address.ipv4_mapped or address.sixtofour:
        return inside
    if any(address in network for network in _TRANSLATED):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address

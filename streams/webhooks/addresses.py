"""The addresses that are never connected to, unless an endpoint's host is allowed by name.

Anyone who may set a url, or the name server of its host, could otherwise have Backstay post into the company's own
network. What is checked is the address that a connection is made to, at that moment: a name that is resolved a
second time may have another one.
"""

import ipaddress
from collections.abc import Iterator
from typing import Final

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
_COMPATIBLE: Final = ipaddress.IPv6Network("::/96")
_FURTHER: Final = tuple(map(ipaddress.ip_network, ("192.0.0.0/24", "64:ff9b:1::/48")))
"""Networks of one's own that some releases of Python take for public ones."""
_METADATA: Final = {"168.63.129.16": "the address of a cloud's own services"}
"""Addresses of the machine's own cloud that look public; those of other clouds are link-local, shared or private."""


def refusal(text: str) -> str | None:
    """Return why an address is not connected to; None if it may be.

    >>> refusal("127.0.0.1"), refusal("::ffff:10.0.0.1"), refusal("93.184.216.34")
    ('a loopback address', 'a private address', None)
    """
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return "no address"
    return next(filter(None, map(_refused, _within(address))), None)


def _within(address: Address) -> Iterator[Address]:
    """Yield an address, and those that it stands for: a gateway may pass on to them."""
    yield address
    if isinstance(address, ipaddress.IPv4Address):
        return
    if address.ipv4_mapped is not None:
        yield address.ipv4_mapped
    if address.sixtofour is not None:
        yield address.sixtofour
    if address.teredo is not None:
        yield from address.teredo
    if address in _NAT64 or address in _COMPATIBLE:
        yield ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)


def _refused(address: Address) -> str | None:
    if isinstance(address, ipaddress.IPv6Address) and (address.ipv4_mapped is not None or address in _NAT64):
        return None  # judged as what it stands for
    known = _METADATA.get(str(address))
    if known is not None:
        return known
    for holds, meaning in (
        (address.is_unspecified, "the unspecified address"),
        (address.is_loopback, "a loopback address"),
        (address.is_link_local, "a link-local address"),
        (address.is_multicast, "a multicast address"),
        (address.is_private, "a private address"),
        (address.is_reserved, "a reserved address"),
        (isinstance(address, ipaddress.IPv6Address) and address.is_site_local, "a private address"),
        (any(address in one for one in _FURTHER if one.version == address.version), "a private address"),
        (not address.is_global, "no public address"),
    ):
        if holds:
            return meaning
    return None

"""The host names that the page answers for. Any site can point its own name to 127.0.0.1 and read the page."""

import ipaddress
import re
from collections.abc import Iterable
from typing import Final

_HOST: Final = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^\[\]:]+)(:[0-9]{1,5})?")
_NAME: Final = re.compile(r"(\*\.)?[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*")
LOOPBACK: Final = "localhost"


def checked(name: str) -> str:
    """Return a name in the form that is compared; raise `ValueError` if no request could ever name it.

    >>> checked("Backstay.example.com."), checked("*.svc")
    ('backstay.example.com', '*.svc')
    """
    plain = _plain(name)
    if _address(plain) is None and not _NAME.fullmatch(plain):
        raise ValueError(f"{name!r} is no host: a name or an address without scheme and port, or *.example.com")
    return plain


class Hosts:
    """The hosts of the settings, loopback, and the very address that a connection came to."""

    def __init__(self, listens_on: str, allowed: Iterable[str]) -> None:
        own = _address(_plain(listens_on))
        everywhere = listens_on == "" or (own is not None and own.is_unspecified)
        names = {*allowed} if everywhere else {_plain(listens_on), *allowed}
        self._names = {name for name in names if not name.startswith("*.")} | {LOOPBACK}
        self._suffixes = tuple(name.removeprefix("*") for name in names if name.startswith("*."))

    def allow(self, headers: list[str], came_to: str) -> bool:
        """Report whether a request with these Host headers is answered.

        An IP address is safe where a name is not: no other site can point an address of ours to its own script.

        >>> hosts = Hosts("0.0.0.0", ["backstay.example.com"])
        >>> [hosts.allow([host], "10.0.0.7") for host in ("backstay.example.com:80", "10.0.0.7", "evil.example")]
        [True, True, False]
        """
        found = _HOST.fullmatch(headers[0]) if len(headers) == 1 else None
        if found is None:
            return False
        name = _plain(found[1])
        address = _address(name)
        if address is not None and (address.is_loopback or address == _address(came_to)):
            return True
        return name in self._names or name.endswith(self._suffixes)


def _plain(name: str) -> str:
    return name.strip("[]").rstrip(".").lower()


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        found = ipaddress.ip_address(name)
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, ipaddress.IPv6Address) else found

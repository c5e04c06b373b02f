"""Where messages may go: only to what the site has listed, at the address that was looked at.

Whoever registers an endpoint could otherwise have this service call what only it can reach: its own database, the
cloud's store of credentials (169.254.169.254), another department's machines. A name is resolved anew for each send,
each of its addresses is judged, and the connection is made to the address that was judged, not to the name once more: a
name that answers differently a moment later (DNS rebinding) gets nothing.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolve = Callable[[str, int], Sequence[str]]
_HOST = re.compile(r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
LONGEST_URL = 2000


class Refused(Exception):
    """The target is not one to which anything may go. The text is a code of ``REASONS``, without the address."""


class Target(NamedTuple):
    """A URL taken apart. ``host``: as the certificate must name it, and the Host header does."""

    secure: bool
    host: str
    port: int
    path: str

    @property
    def netloc(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.secure else 80) else f"{host}:{self.port}"


def target_of(url: str) -> Target:
    """Take ``url`` apart, or raise ``Refused``: http(s), a host, no user name, no fragment, only visible ASCII."""
    if len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise Refused("no_url")
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
        if ":" in host:
            ipaddress.IPv6Address(host)
        elif not _HOST.fullmatch(host):
            raise Refused("no_url")
    except ValueError:
        raise Refused("no_url") from None
    if parts.scheme not in ("http", "https") or "@" in parts.netloc or parts.fragment or port == 0:
        raise Refused("no_url")
    secure = parts.scheme == "https"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(secure, host, port or (443 if secure else 80), path)


def resolved(host: str, port: int) -> Sequence[str]:
    """Return every address of a name; ``OSError`` when it has none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


@dataclass(frozen=True, slots=True)
class Allowed:
    """The site's list: names, and networks. ``clear``: those for which ``http://`` was written, without TLS."""

    hosts: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()
    clear: frozenset[str] = frozenset()

    @classmethod
    def of(cls, said: str) -> Allowed:
        """Read ``hooks.example.cn, 10.20.0.0/16, http://10.1.2.3``; ``ValueError`` for what is neither."""
        hosts, networks, clear = set[str](), list[Network](), set[str]()
        for one in filter(None, re.split(r"[\s,]+", said.lower())):
            bare = one.removeprefix("http://")
            try:
                networks.append(ipaddress.ip_network(bare))
            except ValueError:
                if not _HOST.fullmatch(bare) or re.fullmatch(r"[\d.]+", bare):
                    raise ValueError("give hosts and networks: hooks.example.cn, 10.20.0.0/16") from None
                hosts.add(bare)
            if bare != one:
                clear.add(str(networks[-1]) if bare not in hosts else bare)
        return cls(frozenset(hosts), tuple(networks), frozenset(clear))

    def pinned(self, target: Target, resolve: Resolve = resolved) -> str:
        """Return the address to connect to, or raise ``Refused``. Every address of the name must be allowed: which of
        them would be taken is for nobody to choose."""
        try:
            found = [_address(one) for one in resolve(target.host, target.port)]
        except (OSError, UnicodeError, ValueError):
            raise Refused("no_such_name") from None
        if not found:
            raise Refused("no_such_name")
        for address in found:
            self._judge(target, address)
        return str(found[0])

    def _judge(self, target: Target, address: Address) -> None:
        listed = [network for network in self.networks if address in network]
        if not listed and target.host not in self.hosts:
            raise Refused("not_listed")
        # That a name is listed says nothing for where it leads today: this machine only if its address is listed.
        if not listed and _ours(address):
            raise Refused("own_address")
        if not target.secure and target.host not in self.clear and not any(str(one) in self.clear for one in listed):
            raise Refused("not_secure")


def _address(text: str) -> Address:
    address = ipaddress.ip_address(text.partition("%")[0])
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _ours(address: Address) -> bool:
    """Whether it is this machine, its link (where clouds keep their credentials), nobody or everybody."""
    return (
        address.is_loopback
        or address.is_link_local
        or address.is_multicast
        or address.is_unspecified
        or address.is_reserved
        or str(address) in _METADATA
    )


_METADATA = frozenset({"100.100.100.200", "fd00:ec2::254", "168.63.129.16"})
"""Where clouds hand out credentials outside of the link's own addresses: Alibaba, AWS over IPv6, Azure."""

REASONS = {
    "no_url": "不是可用的地址",
    "no_such_name": "域名无法解析",
    "not_listed": "地址不在允许推送的名单内",
    "own_address": "域名指向本机或链路地址",
    "not_secure": "地址没有加密 (https)",
}

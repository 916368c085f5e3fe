"""Listeners: `NAME://host:port`, and the security protocol that each name stands for (KIP-103)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import msgspec

from kafkapy.config.definition import ConfigError, split_list

SECURITY_PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
ALL_INTERFACES = ("", "0.0.0.0", "::")

_LISTENER = re.compile(
    r"(?P<name>[\w.-]+)://(?:\[(?P<ipv6>[0-9A-Fa-f:.%\w]+)\]|(?P<host>[^\[\]:/\s]*))"
    r":(?P<port>-?[0-9]{1,6})"
)


class Listener(msgspec.Struct, frozen=True):
    """A listener. Port 0 stands for a free one.

    An empty host is all interfaces. Of an advertised listener it is the address that the client
    has connected to.
    """

    name: str
    host: str
    port: int
    security_protocol: str

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.name}://{host}:{self.port}"


def parse_protocol_map(text: str) -> dict[str, str]:
    """Read `NAME:PROTOCOL,…`; names are upper case. Raises ConfigError."""
    protocols: dict[str, str] = {}
    for item in split_list(text):
        name, colon, protocol = item.rpartition(":")
        if not colon or protocol.upper() not in SECURITY_PROTOCOLS:
            raise ConfigError(
                f"listener.security.protocol.map has {item!r} where a listener's name and one of "
                f"{', '.join(SECURITY_PROTOCOLS)} belong, as in INTERNAL:PLAINTEXT."
            )
        protocols[name.upper()] = protocol.upper()
    return protocols


def _parse_listener(key: str, text: str, protocols: dict[str, str]) -> Listener:
    match = _LISTENER.fullmatch(text)
    if match is None:
        raise ConfigError(f"{key} has {text!r} where NAME://host:port belongs.")
    name, port = match["name"].upper(), int(match["port"])
    if not 0 <= port <= 65535:
        raise ConfigError(f"{key} has port {port} in {text!r}; ports go from 0 to 65535.")
    if name not in protocols:
        raise ConfigError(
            f"{key} has the name {name}, for which listener.security.protocol.map has no protocol."
        )
    return Listener(name, match["ipv6"] or match["host"] or "", port, protocols[name])


def parse_listeners(
    key: str, texts: Iterable[str], protocols: dict[str, str]
) -> tuple[Listener, ...]:
    """Read the value of the key `listeners` or `advertised.listeners`. Raises ConfigError."""
    listeners = tuple(_parse_listener(key, text, protocols) for text in texts)
    names = [listener.name for listener in listeners]
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(f"{key} has more than one listener with the name {name}.")
    return listeners


def check_ports(listeners: Sequence[Listener]) -> None:
    """Refuse two listeners on one port, unless one is of IPv4 and one of IPv6 (KIP-797)."""
    for position, one in enumerate(listeners):
        for other in listeners[:position]:
            same_family = (":" in one.host) == (":" in other.host)
            if one.port and one.port == other.port and same_family:
                raise ConfigError(f"listeners has {other} and {one} on the same port.")


def advertise(listeners: Sequence[Listener]) -> tuple[Listener, ...]:
    """Give what to advertise for listeners that nothing else is said about."""
    return tuple(
        msgspec.structs.replace(listener, host="") if listener.host in ALL_INTERFACES else listener
        for listener in listeners
    )


def parse_connection_limits(text: str) -> dict[str, int]:
    """Read the value of `max.connections.per.ip.overrides`. Raises ConfigError."""
    limits = {}
    for item in split_list(text):
        address, _, count = item.rpartition(":")
        if not address or not (count.isascii() and count.isdigit() and len(count) <= 10):
            raise ConfigError(
                f"max.connections.per.ip.overrides has {item!r} where address:number belongs."
            )
        limits[address.strip("[]")] = int(count)
    return limits

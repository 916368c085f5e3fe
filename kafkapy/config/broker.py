"""The settings of a broker: what was configured, in layers, and the values that follow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kafkapy.config import checks, listeners
from kafkapy.config.definition import ConfigSource, parse
from kafkapy.config.listeners import Listener
from kafkapy.config.registry import AUTHORIZER, BROKER, PLUGIN_PREFIXES, broker_key, suggest
from kafkapy.config.topic_keys import TOPIC_SYNONYMS

# Every file for KRaft has these. They need no warning, although they decide nothing here.
_EXPECTED = frozenset(
    {
        "controller.quorum.bootstrap.servers",
        "controller.quorum.voters",
        "inter.broker.listener.name",
    }
)


class BrokerConfig:
    """A broker's configuration; it does not change, `with_dynamic` makes another one.

    `config["log.retention.ms"]` is a typed value, or the default. `listeners` are those to open,
    `advertised_listeners` those to tell clients; neither has the controllers' ones.
    """

    __slots__ = (
        "_values",
        "advertised_listeners",
        "dynamic_broker",
        "dynamic_default",
        "listeners",
        "static",
        "topic_defaults",
    )

    def __init__(
        self,
        static: Mapping[str, str] | None = None,
        dynamic_broker: Mapping[str, str] | None = None,
        dynamic_default: Mapping[str, str] | None = None,
    ) -> None:
        """Parse and check texts by key. Raises ConfigError."""
        self.static = _with_both_ids(static or {})
        self.dynamic_broker = dict(dynamic_broker or {})
        self.dynamic_default = dict(dynamic_default or {})
        self._values: dict[str, Any] = {}
        for layer in (self.static, self.dynamic_default, self.dynamic_broker):
            for name, text in layer.items():
                key = broker_key(name)
                if key is not None:
                    self._values[name] = parse(key, text, name)
        checks.check_broker(self)
        self.listeners, self.advertised_listeners = self._resolve_listeners()
        self.topic_defaults = {name: self._topic_default(name) for name in TOPIC_SYNONYMS}

    def with_dynamic(
        self, dynamic_broker: Mapping[str, str], dynamic_default: Mapping[str, str]
    ) -> BrokerConfig:
        """Give this configuration with other dynamic settings (KIP-226). Raises ConfigError."""
        return BrokerConfig(self.static, dynamic_broker, dynamic_default)

    def __getitem__(self, name: str) -> Any:
        """Give a key's value. Raises KeyError for a key that neither Kafka nor the user has."""
        if name in self._values:
            return self._values[name]
        return (BROKER.get(name) or AUTHORIZER[name]).default

    def for_listener(self, listener: str, name: str, mechanism: str | None = None) -> Any:
        """Give a key's value for one listener, and for one SASL mechanism of it."""
        prefix = f"listener.name.{listener.lower()}."
        if mechanism is not None:
            value = self._values.get(f"{prefix}{mechanism.lower()}.{name}")
            if value is not None:
                return value
        value = self._values.get(f"{prefix}{name}")
        return self[name] if value is None else value

    @property
    def layers(self) -> tuple[tuple[ConfigSource, Mapping[str, str]], ...]:
        """What was configured, as texts, the layer that wins first."""
        return (
            (ConfigSource.DYNAMIC_BROKER_CONFIG, self.dynamic_broker),
            (ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG, self.dynamic_default),
            (ConfigSource.STATIC_BROKER_CONFIG, self.static),
        )

    @property
    def node_id(self) -> int:
        """The id of this broker."""
        node_id: int = self["node.id"]
        return node_id

    @property
    def connection_limits(self) -> dict[str, int]:
        """How many connections some addresses may have, others `max.connections.per.ip`."""
        return listeners.parse_connection_limits(self["max.connections.per.ip.overrides"])

    @property
    def data_dir(self) -> str:
        """The directory of the log."""
        directories: tuple[str, ...] = self["log.dirs"] or self["log.dir"]
        return directories[0]

    def warnings(self) -> list[str]:
        """Say in a sentence each what of the configuration will not have the effect hoped for."""
        sentences = []
        unused = sorted(name for name in self.static if _does_nothing(name))
        if unused:
            sentences.append(f"These keys of Kafka do nothing here: {', '.join(unused)}.")
        for name in self.static:
            if broker_key(name) is None and not name.startswith(PLUGIN_PREFIXES):
                similar = suggest(name)
                hint = f"; did you mean {similar}?" if similar else "."
                sentences.append(f"The key {name} is not known{hint}")
        return sentences

    def _resolve_listeners(self) -> tuple[tuple[Listener, ...], tuple[Listener, ...]]:
        controllers = {name.upper() for name in self["controller.listener.names"] or ()}
        protocols = listeners.parse_protocol_map(self["listener.security.protocol.map"])
        if "listener.security.protocol.map" not in self._values:
            # As Kafka does: a controllers' listener needs no entry while there is no map (KIP-825).
            protocols |= dict.fromkeys(controllers - protocols.keys(), "PLAINTEXT")
        everything = listeners.parse_listeners("listeners", self["listeners"], protocols)
        listeners.check_ports(everything)
        own = tuple(listener for listener in everything if listener.name not in controllers)
        advertised = listeners.advertise(own)
        explicit = self["advertised.listeners"]
        if explicit is not None:
            everything = listeners.parse_listeners("advertised.listeners", explicit, protocols)
            advertised = tuple(each for each in everything if each.name not in controllers)
        checks.check_listeners(own, advertised)
        checks.check_protection(own, self["authorizer.class.name"])
        return own, advertised

    def _topic_default(self, topic_key: str) -> Any:
        """Give the first value that is set, in the topic key's unit."""
        for name, factor in TOPIC_SYNONYMS[topic_key]:
            value = self[name]
            if value is None:
                continue
            if topic_key == "retention.ms" and value < 0:
                return -1
            return value if factor == 1 else value * factor
        raise AssertionError(f"the last synonym of {topic_key} has no default")


def _with_both_ids(static: Mapping[str, str]) -> dict[str, str]:
    """`node.id` and its older name `broker.id` stand for each other, as in Kafka."""
    merged = dict(static)
    if "node.id" in static:
        merged.setdefault("broker.id", static["node.id"])
    elif "broker.id" in static:
        merged["node.id"] = static["broker.id"]
    return merged


def _does_nothing(name: str) -> bool:
    key = broker_key(name)
    if key is None:
        return name.startswith(PLUGIN_PREFIXES)
    return not key.acts and name not in _EXPECTED

"""What DescribeConfigs tells of a resource: every key with its value and where that comes from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from kafkapy.config.broker import BrokerConfig
from kafkapy.config.definition import (
    ConfigKey,
    ConfigSource,
    ConfigType,
    UpdateMode,
    parse,
    to_text,
)
from kafkapy.config.registry import (
    AUTHORIZER,
    BROKER,
    CLIENT_METRICS,
    GROUP,
    TOPIC,
    base_key_name,
    broker_key,
    group_synonym,
)
from kafkapy.config.topic import topic_values
from kafkapy.config.topic_keys import TOPIC_SYNONYMS


class ConfigSynonym(msgspec.Struct, frozen=True):
    """A key and a layer that a value could come from; the first of a list is the one that won."""

    name: str
    value: str | None
    source: ConfigSource


class ConfigEntry(msgspec.Struct, frozen=True):
    """One key of a resource. The value of a sensitive key is None."""

    name: str
    value: str | None
    source: ConfigSource
    synonyms: tuple[ConfigSynonym, ...]
    type: ConfigType
    is_read_only: bool = False
    is_sensitive: bool = False

    @property
    def is_default(self) -> bool:
        """Whether nobody has set the key."""
        return self.source is ConfigSource.DEFAULT_CONFIG


def describe_topic(overrides: Mapping[str, str], broker: BrokerConfig) -> list[ConfigEntry]:
    """Describe a topic with the keys set for it. Raises ConfigError for values that are bad."""
    values = topic_values(overrides, broker)
    entries = []
    for name, key in TOPIC.items():
        if key.internal and name not in overrides:
            continue
        inherited: tuple[ConfigSynonym, ...] = ()
        if name in TOPIC_SYNONYMS:
            inherited = _broker_synonyms(TOPIC_SYNONYMS[name][0][0], broker)
        own = name in overrides
        entries.append(_entry(key, values[name], own, ConfigSource.DYNAMIC_TOPIC_CONFIG, inherited))
    return entries


def describe_group(overrides: Mapping[str, str], broker: BrokerConfig) -> list[ConfigEntry]:
    """Describe a group with the keys set for it; a group need not exist. Raises ConfigError."""
    entries = []
    for name, key in GROUP.items():
        synonym = group_synonym(name)
        if synonym is None:
            value = key.default
            inherited: tuple[ConfigSynonym, ...] = (_default_synonym(key),)
        else:
            value, inherited = broker[synonym], _broker_synonyms(synonym, broker)
        own = name in overrides
        if own:
            value = parse(key, overrides[name])
        entries.append(_entry(key, value, own, ConfigSource.DYNAMIC_GROUP_CONFIG, inherited))
    return entries


def describe_client_metrics(overrides: Mapping[str, str]) -> list[ConfigEntry]:
    """Describe a telemetry subscription (KIP-714). Raises ConfigError."""
    entries = []
    for name, key in CLIENT_METRICS.items():
        own = name in overrides
        value = parse(key, overrides[name]) if own else key.default
        entries.append(_entry(key, value, own, ConfigSource.DYNAMIC_CLIENT_METRICS_CONFIG, ()))
    return entries


def describe_broker(broker: BrokerConfig) -> list[ConfigEntry]:
    """Describe a broker: the keys of Kafka, and whatever else was set."""
    names = dict.fromkeys(name for name, key in BROKER.items() if not key.internal)
    for _, layer in broker.layers:
        names |= dict.fromkeys(layer)
    entries = []
    for name in names:
        key = broker_key(name)
        value = None if key is None else broker[name]
        entries.append(_broker_entry(name, key, value, _broker_synonyms(name, broker)))
    return entries


def describe_broker_defaults(broker: BrokerConfig) -> list[ConfigEntry]:
    """Describe what is set for all brokers of the cluster: the resource with an empty name."""
    source = ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG
    entries = []
    for name, text in broker.dynamic_default.items():
        key = broker_key(name)
        shown = None if _is_hidden(name, key) else text
        value = None if key is None else parse(key, text, name)
        synonyms = (ConfigSynonym(name, shown, source),)
        entries.append(_broker_entry(name, key, value, synonyms))
    return entries


def _entry(
    key: ConfigKey,
    value: Any,
    own: bool,
    own_source: ConfigSource,
    inherited: tuple[ConfigSynonym, ...],
) -> ConfigEntry:
    text = to_text(value)
    if own:
        inherited = (ConfigSynonym(key.name, text, own_source), *inherited)
    source = inherited[0].source if inherited else ConfigSource.DEFAULT_CONFIG
    return ConfigEntry(key.name, text, source, inherited, key.type)


def _broker_entry(
    name: str,
    key: ConfigKey | None,
    value: Any,
    synonyms: tuple[ConfigSynonym, ...],
) -> ConfigEntry:
    hidden = _is_hidden(name, key)
    source = synonyms[0].source if synonyms else ConfigSource.DEFAULT_CONFIG
    return ConfigEntry(
        name,
        None if hidden else to_text(value),
        source,
        synonyms,
        ConfigType.UNKNOWN if key is None or name in AUTHORIZER else key.type,
        # A listener's key can change, too; yet Kafka calls it read-only.
        is_read_only=key is None or key.mode is UpdateMode.READ_ONLY or name != key.name,
        is_sensitive=hidden,
    )


def _is_hidden(name: str, key: ConfigKey | None) -> bool:
    """Whether a value may be a secret. What Kafka does not know the type of may be one."""
    return key is None or name in AUTHORIZER or key.is_sensitive


_FAMILIES = [[name for name, _ in family] for family in TOPIC_SYNONYMS.values() if len(family) > 1]
_FAMILY_OF = {name: family for family in _FAMILIES for name in family}
# The scheduler's interval is a setting of its own: its description does not name the other one.
del _FAMILY_OF["log.flush.scheduler.interval.ms"]


def _default_synonym(key: ConfigKey) -> ConfigSynonym:
    return ConfigSynonym(key.name, to_text(key.default), ConfigSource.DEFAULT_CONFIG)


def _broker_synonyms(name: str, broker: BrokerConfig) -> tuple[ConfigSynonym, ...]:
    """Give every layer that a broker key is set in, with the key's relatives.

    Kafka lists nothing that precedes the first mention of the key itself: of
    `log.retention.ms`, when only `log.retention.hours` is set, there are no synonyms at all.
    """
    base = base_key_name(name)
    names = _FAMILY_OF.get(name) or ([name] if base == name else [name, base])
    found = list(_set_synonyms(names, broker))
    for relative in names:
        key = BROKER.get(relative)
        if key is not None and key.default is not None:
            found.append(_default_synonym(key))
    for position, synonym in enumerate(found):
        if synonym.name == name:
            return tuple(found[position:])
    return ()


def _set_synonyms(names: Iterable[str], broker: BrokerConfig) -> Iterable[ConfigSynonym]:
    for source, layer in broker.layers:
        for name in names:
            if name in layer:
                hidden = _is_hidden(name, broker_key(name))
                yield ConfigSynonym(name, None if hidden else layer[name], source)

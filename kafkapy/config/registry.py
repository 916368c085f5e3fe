"""Every key that the broker knows, by name, for each kind of resource that has configuration."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from kafkapy.config.broker_keys import AUTHORIZER_KEYS, BROKER_KEYS, OWN_KEYS
from kafkapy.config.coordinator_keys import COORDINATOR_KEYS
from kafkapy.config.defaults import CHANGED_DEFAULTS
from kafkapy.config.definition import ConfigKey
from kafkapy.config.group_keys import CLIENT_METRICS_KEYS, GROUP_KEYS
from kafkapy.config.inert_keys import INERT_KEYS
from kafkapy.config.topic_keys import TOPIC_KEYS


def _by_name(*tables: Iterable[ConfigKey]) -> dict[str, ConfigKey]:
    return {key.name: key for table in tables for key in table}


BROKER = _by_name(BROKER_KEYS, OWN_KEYS, COORDINATOR_KEYS, INERT_KEYS)
for _name, _default in CHANGED_DEFAULTS.items():
    BROKER[_name] = msgspec.structs.replace(BROKER[_name], default=_default)
AUTHORIZER = _by_name(AUTHORIZER_KEYS)
TOPIC = _by_name(TOPIC_KEYS)
GROUP = _by_name(GROUP_KEYS)
CLIENT_METRICS = _by_name(CLIENT_METRICS_KEYS)

_LISTENER_PREFIX = "listener.name."
# Whatever starts so is for a plug-in that this broker does not load.
PLUGIN_PREFIXES = ("config.providers.", "rlmm.config.", "rsm.config.")


def base_key_name(name: str) -> str:
    """Strip `listener.name.<listener>.` and, before a SASL key, `<mechanism>.`."""
    if not name.startswith(_LISTENER_PREFIX):
        return name
    _, _, rest = name[len(_LISTENER_PREFIX) :].partition(".")
    _, _, without_mechanism = rest.partition(".")
    if rest not in BROKER and without_mechanism.startswith("sasl."):
        return without_mechanism
    return rest


def broker_key(name: str) -> ConfigKey | None:
    """Find the key that a broker's setting belongs to, with or without a listener's prefix."""
    return BROKER.get(base_key_name(name)) or AUTHORIZER.get(name)


def group_synonym(name: str) -> str | None:
    """Give the broker key that a group key takes its default from."""
    synonym = f"group.{name}"
    return synonym if synonym in BROKER else None


def suggest(name: str) -> str | None:
    """Give the known broker key that is most like a name."""
    import difflib  # Costs start-up time, and is needed only after a misspelling.

    matches = difflib.get_close_matches(name, [*BROKER, *AUTHORIZER], n=1, cutoff=0.8)
    return matches[0] if matches else None

"""Write `docs/configuration.md` from the registry: `python docs/generate_configuration.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from kafkapy.config import documentation, validators
from kafkapy.config.broker_keys import OWN_KEYS
from kafkapy.config.defaults import CHANGED_DEFAULTS
from kafkapy.config.definition import ConfigKey, ConfigType, to_text
from kafkapy.config.registry import AUTHORIZER, BROKER, CLIENT_METRICS, GROUP, TOPIC
from kafkapy.config.topic_keys import TOPIC_SYNONYMS

TARGET = Path(__file__).with_name("configuration.md")

INTRODUCTION = """\
# Configuration

Every key of Kafka 4.3 is known, with its type, default and range; the tables below are written from
the registry that the broker itself uses (`docs/generate_configuration.py`).

Settings come from a `server.properties` file, then from the environment, then from the command
line; the later wins:

```
kafkapy server.properties
KAFKA_NUM_PARTITIONS=3 kafkapy                # `_` is `.`, `__` is `_`, `___` is `-`
kafkapy --override num.partitions=3
```

Topics, groups and the running broker are changed with any Kafka tool: `kafkapy configs`,
`kafka-configs.sh`, an admin client. A bad value is refused with the reason, by the start and by the
tools; an unknown key of the broker is reported with the nearest name. Sizes are bytes and times
milliseconds unless the name says otherwise. What README.md lists as not there yet has its settings
checked and shown, and nothing more; but a listener other than PLAINTEXT, or an authorizer, is
refused, for what is to be protected must not be open.
"""

ACTING = """\
## Broker

*Changes* says whether a running broker takes a new value: `cluster-wide` for the default of all
brokers and for one, `per-broker` for one only, `read-only` at the start. {changed} have another
default than in Kafka, for reasons that [differences.md](differences.md) gives.
"""

OWN = """\
## Of this broker alone

Kafka does not know these keys; the broker's description shows them where they are set.
"""

INERT = """\
## Accepted, without effect

These keys of Kafka's are checked and described, so that its files and tools work; this broker does
nothing with them. Most are of things that it does not have: replication between brokers, a
controller of its own, Java's threads.
"""

VALIDATORS: dict[Callable[..., None], str] = {
    validators.gzip_level: "-1, 1 to 9",
    validators.not_blank: "not empty",
    validators.throttled_replicas: "`*` or `partition:broker,…`",
    validators.share_offset_reset: "earliest, latest, `by_duration:…`",
}


def values(key: ConfigKey) -> str:
    """Say which values a key allows, apart from those that its type rules out."""
    match key.validator:
        case None:
            return "true, false" if key.type is ConfigType.BOOLEAN else ""
        case validators.Range(low, high):
            return f"at least {low}" if high is None else f"{low} to {high}"
        case validators.OneOf(words):
            return ", ".join(words)
        case validators.Items(words, may_be_empty):
            return ", ".join(words) or ("" if may_be_empty else "not empty")
        case validator:
            return VALIDATORS[validator]


def default(key: ConfigKey) -> str:
    text = None if key.is_sensitive else to_text(key.default)
    return f"`{text}`" if text else "empty" if text == "" else ""


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    lines = [list(head), *map(list, rows)]
    lines.insert(1, ["---"] * len(lines[0]))
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines]


def described(keys: Mapping[str, ConfigKey], meaning: Callable[[str], str | None]) -> list[str]:
    rows = (
        (f"`{key.name}`", key.type.name.lower(), default(key), values(key), meaning(key.name) or "")
        for key in keys.values()
        if not key.internal or key in OWN_KEYS
    )
    return table(("key", "type", "default", "values", "meaning"), rows)


def topic_table() -> list[str]:
    def origin(name: str) -> str:
        return ", ".join(f"`{synonym}`" for synonym, _ in TOPIC_SYNONYMS.get(name, ()))

    rows = (
        (
            f"`{key.name}`",
            key.type.name.lower(),
            default(key),
            values(key),
            origin(key.name),
            documentation.of_topic(key.name) or "",
        )
        for key in TOPIC.values()
        if not key.internal
    )
    head = ("key", "type", "default", "values", "the broker's key for the default", "meaning")
    return table(head, rows)


def broker_table() -> list[str]:
    rows = (
        (
            f"`{key.name}`",
            key.type.name.lower(),
            default(key),
            values(key),
            key.mode.value,
            documentation.of_broker(key.name) or "",
        )
        for key in sorted({**BROKER, **AUTHORIZER}.values(), key=lambda key: key.name)
        if key.acts and not key.internal
    )
    return table(("key", "type", "default", "values", "changes", "meaning"), rows)


def inert_table() -> list[str]:
    rows = (
        (f"`{key.name}`", key.type.name.lower(), default(key))
        for key in sorted(BROKER.values(), key=lambda key: key.name)
        if not key.acts and not key.internal
    )
    return table(("key", "type", "default"), rows)


def page() -> str:
    """Give the whole document."""
    changed = ", ".join(f"`{name}`" for name in CHANGED_DEFAULTS)
    sections = [
        [INTRODUCTION],
        [ACTING.format(changed=changed), *broker_table()],
        ["", "## Topics", "", *topic_table()],
        ["", "## Groups", "", *described(GROUP, documentation.of_group)],
        ["", "## Client metrics", "", *described(CLIENT_METRICS, documentation.of_client_metrics)],
        ["", OWN, *described({key.name: key for key in OWN_KEYS}, documentation.of_broker)],
        ["", INERT, *inert_table()],
    ]
    return "\n".join(line for section in sections for line in section) + "\n"


if __name__ == "__main__":
    TARGET.write_text(page(), "utf-8")

"""Where a broker's settings come from: a file, the environment, the command line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kafkapy.config.definition import ConfigError

_PREFIX = "KAFKA_"
# Variables that start like a key's and are the image's, its start scripts' or a JVM's.
_NOT_KEYS = frozenset(
    {
        "KAFKA_DEBUG",
        "KAFKA_GC_LOG_OPTS",
        "KAFKA_HEAP_OPTS",
        "KAFKA_HOME",
        "KAFKA_JVM_PERFORMANCE_OPTS",
        "KAFKA_OPTS",
        "KAFKA_TOOLS_LOG4J_LOGLEVEL",
        "KAFKA_VERSION",
    }
)
_NOT_KEY_PREFIXES = ("KAFKA_JMX_", "KAFKA_LOG4J_")


def read_properties(path: str) -> dict[str, str]:
    """Read a Java properties file such as `server.properties`. Raises ConfigError."""
    import javaproperties  # Costs a third of the start-up time, and most starts have no file.

    try:
        with open(path, encoding="latin-1") as file:
            return dict(javaproperties.load(file))
    except OSError as error:
        raise ConfigError(f"Cannot read {path}: {error.strerror or error}.") from error
    except ValueError as error:
        raise ConfigError(f"{path} is not a properties file: {error}.") from error


def _unescape(text: str) -> str:
    """Read a value as the image does, which appends it to a properties file."""
    if "\\" not in text:
        return text
    import javaproperties

    try:
        return str(javaproperties.loads(f"value={text}").get("value", ""))
    except ValueError as error:
        raise ConfigError(f"The environment has a bad escape in {text!r}: {error}.") from error


def environment_key(variable: str) -> str | None:
    """Give the key that an environment variable of the apache/kafka image stands for.

    `_` stands for `.`, `__` for `_` and `___` for `-`: `KAFKA_LOG_RETENTION_MS` is
    `log.retention.ms`.
    """
    if not variable.startswith(_PREFIX) or variable in _NOT_KEYS:
        return None
    if variable.startswith(_NOT_KEY_PREFIXES):
        return None
    name = variable[len(_PREFIX) :].lower()
    name = name.replace("___", "-").replace("__", "\0").replace("_", ".").replace("\0", "_")
    return name or None


def read_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Give the settings that the environment has. Raises ConfigError."""
    settings = {}
    for variable in sorted(environ):
        name = environment_key(variable)
        if name is not None:
            settings[name] = _unescape(environ[variable])
    return settings


def read_overrides(items: Iterable[str]) -> dict[str, str]:
    """Read `KEY=VALUE` texts; the last one of a key wins. Raises ConfigError."""
    settings = {}
    for item in items:
        name, equals, value = item.partition("=")
        if not equals or not name.strip():
            raise ConfigError(f"--override needs KEY=VALUE and got {item!r}.")
        settings[name.strip()] = value.strip()
    return settings

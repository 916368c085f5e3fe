"""The properties of the client: from the environment, a file and the command line.

The names are librdkafka's, most of which are Kafka's own. A file may be one for Kafka's tools: what
only the Java client knows is translated, or left out where it has no meaning here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from kafkapy.tools.errors import ToolError

_ENVIRONMENT = ("KAFKA_BOOTSTRAP_SERVERS", "BOOTSTRAP")
_DEFAULT_BOOTSTRAP = "127.0.0.1:9092"
_SERVERS = "bootstrap.servers"

_JAVA_NAMES = {
    "ssl.truststore.certificates": "ssl.ca.pem",
    "ssl.keystore.certificate.chain": "ssl.certificate.pem",
    "ssl.keystore.key": "ssl.key.pem",
}
_JAVA_ONLY = re.compile(r".*(serializer|deserializer|callback\.handler\.class|store\.type)")
_JAAS_OPTION = re.compile(r'\b(username|password)\s*=\s*"((?:[^"\\]|\\.)*)"')


def client_properties(
    bootstrap: str | None,
    overrides: Sequence[str],
    file: str | None,
    environ: Mapping[str, str],
) -> dict[str, str]:
    """Merge the sources; `-X` wins over `-b`, that over the file, that over the environment.

    Raises ToolError for an override that is no `key=value`, OSError for the file.
    """
    servers = [environ[name] for name in _ENVIRONMENT if environ.get(name)]
    properties = {_SERVERS: servers[0] if servers else _DEFAULT_BOOTSTRAP}
    if file is not None:
        properties |= _read(file)
    if bootstrap is not None:
        properties[_SERVERS] = bootstrap
    return properties | dict(pair(text, "-X") for text in overrides)


def pair(text: str, option: str) -> tuple[str, str]:
    """Split `key=value`."""
    key, equals, value = text.partition("=")
    if not (key and equals):
        raise ToolError(f"{option} {text}: expected key=value.")
    return key, value


def _read(file: str) -> dict[str, str]:
    import javaproperties  # type: ignore[import-untyped, unused-ignore]

    with open(file, encoding="utf-8") as opened:
        return from_java(javaproperties.load(opened))


def from_java(properties: Mapping[str, str]) -> dict[str, str]:
    """Translate properties of the Java client; those that librdkafka shares stay as they are."""
    translated: dict[str, str] = {}
    for key, value in properties.items():
        if key == "sasl.jaas.config":
            for option, text in _JAAS_OPTION.findall(value):
                translated[f"sasl.{option}"] = re.sub(r"\\(.)", r"\1", text)
        elif key == "ssl.truststore.location":
            if properties.get("ssl.truststore.type") != "PEM":
                raise ToolError(f"{key}: only stores of ssl.truststore.type=PEM can be read.")
            translated["ssl.ca.location"] = value
        elif not _JAVA_ONLY.fullmatch(key):
            translated[_JAVA_NAMES.get(key, key)] = value
    return translated

"""What confluent-kafka does not offer: OffsetDelete (KIP-496), by kafka-python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kafkapy.tools.client import Partition
from kafkapy.tools.errors import ToolError
from kafkapy.wire.error_codes import ErrorCode

_NAMES = {
    "client.id": "client_id",
    "security.protocol": "security_protocol",
    "sasl.mechanism": "sasl_mechanism",
    "sasl.mechanisms": "sasl_mechanism",
    "sasl.username": "sasl_plain_username",
    "sasl.password": "sasl_plain_password",
    "sasl.kerberos.service.name": "sasl_kerberos_service_name",
    "ssl.ca.location": "ssl_cafile",
    "ssl.certificate.location": "ssl_certfile",
    "ssl.key.location": "ssl_keyfile",
    "ssl.key.password": "ssl_password",
}


def delete_group_offsets(
    properties: Mapping[str, str], group: str, partitions: Sequence[Partition]
) -> None:
    """Delete committed offsets; raises ToolError with what could not be deleted.

    `properties` are those of the main client; only the ones about reaching the broker are used.
    """
    from kafka import KafkaAdminClient, TopicPartition
    from kafka.errors import KafkaError

    wanted = [TopicPartition(*partition) for partition in partitions]
    try:
        admin = KafkaAdminClient(**_translate(properties))
        try:
            results: Mapping[Any, Any] = admin.delete_group_offsets(group, wanted)
        finally:
            admin.close()
    except KafkaError as error:
        raise ToolError(f"{group}: {_describe(error)}") from None
    failed = [
        f"{place.topic}-{place.partition}: {_describe(error)}"
        for place, error in sorted(results.items())
        if error.errno
    ]
    if failed:
        raise ToolError(*failed)


def _translate(properties: Mapping[str, str]) -> dict[str, object]:
    known = {_NAMES[key]: value for key, value in properties.items() if key in _NAMES}
    check = properties.get("ssl.endpoint.identification.algorithm") != "none"
    return {
        **known,
        "bootstrap_servers": properties["bootstrap.servers"].split(","),
        "ssl_check_hostname": check,
    }


def _describe(error: Any) -> str:
    try:
        code = ErrorCode(error.errno)
    except ValueError:
        return str(error)
    return f"{code.name}: {code.message}"

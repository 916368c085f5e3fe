#!/opt/kafkapy/bin/python
"""The command of the image: starts the broker as the apache/kafka image starts Kafka.

The settings are those of the mounted file and of the `KAFKA_…` variables. Arguments are those of
`kafkapy serve`.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping, MutableMapping

from kafkapy.__main__ import main
from kafkapy.config.definition import ConfigError
from kafkapy.config.sources import read_environment, read_properties

FILE = "/mnt/shared/config/server.properties"
DATA = "/var/lib/kafka/data"
# Port 9092 is for clients on the host, 19092 for other containers: these are told the address
# that they dialled, because each network has its own name for this one.
LISTENERS = "PLAINTEXT://0.0.0.0:9092,INTERNAL://0.0.0.0:19092"
ADVERTISED = "PLAINTEXT://localhost:9092,INTERNAL://:19092"
PROTOCOLS = "PLAINTEXT:PLAINTEXT,INTERNAL:PLAINTEXT"
# What Testcontainers waits for in the logs of Kafka's images; printed once clients are served.
READY = "[KafkaServer id={}] started; Kafka Server started; Transitioning from RECOVERY to RUNNING"


def set_defaults(environ: MutableMapping[str, str], given: Mapping[str, str]) -> None:
    """Put into the environment what neither it nor the file says."""
    if not given.get("log.dirs") and not given.get("log.dir"):
        environ["KAFKA_LOG_DIRS"] = DATA
    if given.get("listeners"):
        return
    if advertised := given.get("advertised.listeners"):
        # As the apache/kafka image does: the same ports, on all interfaces.
        environ["KAFKA_LISTENERS"] = re.sub(r"://[^,]*:", "://0.0.0.0:", advertised)
        return
    environ["KAFKA_LISTENERS"] = LISTENERS
    environ["KAFKA_ADVERTISED_LISTENERS"] = ADVERTISED
    if not given.get("listener.security.protocol.map"):
        environ["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"] = PROTOCOLS


def run() -> int:
    """Serve until told to stop; returns the exit status."""
    file = [FILE] if os.path.exists(FILE) else []
    try:
        given = {key: text for path in file for key, text in read_properties(path).items()}
        given |= read_environment(os.environ)
    except ConfigError as error:
        print(f"kafkapy: {error}", file=sys.stderr)
        return 1
    set_defaults(os.environ, given)
    node_id = given.get("node.id") or given.get("broker.id") or "1"
    return main(["serve", *file, "--ready-line", READY.format(node_id), *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(run())

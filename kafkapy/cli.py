"""The command line: from arguments, environment and file to the settings of a broker."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence

import msgspec

from kafkapy import __version__
from kafkapy.config.broker import BrokerConfig
from kafkapy.config.definition import ConfigError
from kafkapy.config.sources import read_environment, read_overrides, read_properties
from kafkapy.errors import ApiError
from kafkapy.logs import LOG_LEVELS
from kafkapy.metadata.topics import check_name, parse_topic

_COMMANDS = ("serve",)
TOOL_COMMANDS = ("cluster", "configs", "consume", "groups", "produce", "topics")
DUMP_LOG_COMMAND = "dump-log"
_DEFAULT_HOST, _DEFAULT_PORT = "127.0.0.1", 9092


class Settings(msgspec.Struct, frozen=True):
    """What `kafkapy serve` was asked to do.

    `topics` are to be created at the start, with that many partitions or the default number.
    `cluster_id` is None where nobody chose one. `ready_lines` are printed once clients are served.
    `as_version` is the release of Kafka to pass for, or None.
    """

    broker_config: BrokerConfig
    data_dir: str
    memory: bool = False
    topics: tuple[tuple[str, int | None], ...] = ()
    log_level: str = "warning"
    cluster_id: str | None = None
    ready_lines: tuple[str, ...] = ()
    as_version: str | None = None


def parse_args(
    argv: Sequence[str] | None = None, environ: Mapping[str, str] | None = None
) -> Settings:
    """Read the command line and the environment, by default those of the process.

    Raises ConfigError for a bad configuration; exits with status 2 when the command is misused.
    """
    argv = sys.argv[1:] if argv is None else argv
    environ = os.environ if environ is None else environ
    arguments = _parser().parse_args(_with_command(argv))
    file = {} if arguments.file is None else read_properties(arguments.file)
    overrides = _overrides(arguments)
    broker_config = BrokerConfig(file | read_environment(environ) | overrides)
    return Settings(
        broker_config=broker_config,
        data_dir=broker_config.data_dir,
        memory=arguments.memory,
        topics=tuple(arguments.topic),
        log_level=arguments.log_level,
        cluster_id=environ.get("CLUSTER_ID") or None,
        ready_lines=tuple(arguments.ready_line),
        as_version=arguments.as_version,
    )


def _with_command(argv: Sequence[str]) -> list[str]:
    """Put in `serve`, which may be left out."""
    first = argv[0] if argv else ""
    if first in (*_COMMANDS, "-h", "--help", "--version"):
        return list(argv)
    return ["serve", *argv]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="kafkapy",
        description="An Apache Kafka broker.",
        epilog=f"Commands that talk to any Kafka: {', '.join(TOOL_COMMANDS)}. "
        f"One that reads the files of a partition: {DUMP_LOG_COMMAND}. "
        "`kafkapy COMMAND --help` lists the options of each, those of `serve` too.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"kafkapy {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    _add_serve(commands.add_parser("serve", help="run a broker (the default)", allow_abbrev=False))
    return parser


def _add_serve(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Run a broker. Settings are Kafka's: --override wins over the environment (KAFKA_…), "
        "which wins over the file, which wins over the defaults."
    )
    add = parser.add_argument
    add("file", nargs="?", metavar="server.properties", help="settings, as Kafka's broker reads")
    add("--port", type=_port, metavar="N", help="port to listen on; 0 takes a free one (9092)")
    add("--host", metavar="H", help="address to listen on; 0.0.0.0 is all of them (127.0.0.1)")
    place = parser.add_mutually_exclusive_group()
    place.add_argument("--data-dir", metavar="DIR", help="where the data is kept (kafkapy-data)")
    place.add_argument("--memory", action="store_true", help="keep the data in memory only")
    add(
        "--override",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="set a key of server.properties; may be repeated",
    )
    add(
        "--topic",
        action="append",
        default=[],
        type=_topic,
        metavar="NAME[:PARTITIONS]",
        help="create a topic at the start unless it exists; may be repeated",
    )
    add(
        "--ready-line",
        action="append",
        default=[],
        metavar="TEXT",
        help="print this too when clients are accepted; may be repeated",
    )
    add(
        "--as-version",
        type=_release,
        metavar="RELEASE",
        help="serve only the APIs and versions of this release of Kafka: 0.10.0 to 4.3",
    )
    add("--log-level", choices=LOG_LEVELS, default="warning", help="least level to log (warning)")
    add("--version", action="version", version=f"kafkapy {__version__}")


def _port(text: str) -> int:
    if text.isascii() and text.isdigit() and int(text[:6]) <= 65535:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a port from 0 to 65535")


def _topic(text: str) -> tuple[str, int | None]:
    try:
        name, partitions = parse_topic(text)
        check_name(name)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    except ApiError as error:
        raise argparse.ArgumentTypeError(error.message or str(error)) from None
    return name, partitions


def _release(text: str) -> str:
    from kafkapy.releases import parse_release  # hardly ever needed, and a start should be quick

    try:
        return parse_release(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _overrides(arguments: argparse.Namespace) -> dict[str, str]:
    """Give what the command line sets, as settings of Kafka's."""
    overrides = read_overrides(arguments.override)
    if arguments.port is not None or arguments.host is not None:
        if "listeners" in overrides:
            raise ConfigError("--port and --host cannot be combined with --override listeners=….")
        host = _DEFAULT_HOST if arguments.host is None else arguments.host
        port = _DEFAULT_PORT if arguments.port is None else arguments.port
        shown = f"[{host}]" if ":" in host and not host.startswith("[") else host
        overrides["listeners"] = f"PLAINTEXT://{shown}:{port}"
    if arguments.data_dir is not None:
        if "," in arguments.data_dir:
            raise ConfigError(
                "--data-dir must have no comma: in log.dirs it separates directories."
            )
        overrides["log.dirs"] = arguments.data_dir
    return overrides

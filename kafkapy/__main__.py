"""`kafkapy`, or `python -m kafkapy`: start a broker and run it until it is told to stop."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import Sequence

from kafkapy import __version__, descriptors
from kafkapy.broker import Broker
from kafkapy.cli import DUMP_LOG_COMMAND, TOOL_COMMANDS, Settings, parse_args
from kafkapy.config.definition import ConfigError
from kafkapy.errors import ApiError
from kafkapy.event_loop import event_loop_runner
from kafkapy.handlers.table import TABLE
from kafkapy.logs import configure_logging
from kafkapy.storage.disk import MemoryDisk, OsDisk
from kafkapy.storage.errors import StorageError

_LOG = logging.getLogger("kafkapy")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments and arguments[0] in TOOL_COMMANDS:
        from kafkapy import tools

        return tools.run(arguments)
    if arguments and arguments[0] == DUMP_LOG_COMMAND:
        from kafkapy import dump_log

        return dump_log.run(arguments[1:])
    try:
        settings = parse_args(arguments)
        configure_logging(settings.log_level)
        for warning in settings.broker_config.warnings():
            _LOG.warning(warning)
        _keep_freed_memory()
        descriptors.raise_limit()
        event_loop_runner()(serve(settings))
    except (ApiError, ConfigError, StorageError) as error:
        return _fail(str(error))
    except OSError as error:
        reason = error.strerror or str(error)
        return _fail(f"{error.filename}: {reason}" if error.filename else reason)
    except KeyboardInterrupt:
        return 130
    return 0


def _keep_freed_memory() -> None:
    """Make glibc keep some freed memory, which nearly doubles the throughput of large batches.

    By default it gives the top of its heap back after each large request, and the next one takes
    it again, page by page. It keeps twice the size of the largest mapped block that was freed; the
    pages of this one are never touched.
    """
    block = bytes(4 << 20)
    del block


async def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT, then stop cleanly."""
    config = settings.broker_config
    disk = MemoryDisk() if settings.memory else OsDisk(settings.data_dir or config.data_dir)
    table = TABLE
    if settings.as_version is not None:
        from kafkapy.releases import table_as_of

        table = table_as_of(settings.as_version, TABLE)
    broker = Broker(config, disk, cluster_id=settings.cluster_id, table=table)
    await broker.start()
    await broker.create_topics(settings.topics)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        try:
            loop.add_signal_handler(number, stop.set)
        except NotImplementedError:  # Windows: Ctrl-C raises KeyboardInterrupt instead
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))
    first = broker.endpoints[0]
    host = f"[{first.host}]" if ":" in first.host else first.host or "0.0.0.0"
    for line in (f"kafkapy {__version__} is ready on {host}:{first.port}", *settings.ready_lines):
        print(line, flush=True)
    await stop.wait()
    await broker.stop()


def _fail(message: str) -> int:
    print(f"kafkapy: {message}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())

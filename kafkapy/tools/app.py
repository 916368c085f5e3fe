"""The table of commands, and how each of them may end."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence

import click
from confluent_kafka import KafkaException

from kafkapy.tools.errors import ToolError, kafka_error

_INTERRUPTED, _BROKEN_PIPE = 128 + 2, 128 + 13

COMMANDS = ("cluster", "configs", "consume", "groups", "produce", "topics")


class _Commands(click.Group):
    """Imports the module of a command when the command is asked for."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"kafkapy.tools.{name}").command
        return command


_ROOT = _Commands("kafkapy")


def main(arguments: Sequence[str]) -> int:
    """Run a command: 0, 1 after an error, 2 where it was misused, 130 after Ctrl-C."""
    try:
        return _invoke(arguments)
    except ToolError as error:
        return _fail(*error.messages)
    except KafkaException as error:
        return _fail(kafka_error(error))
    except BrokenPipeError:
        # Else the interpreter complains when it flushes standard output at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _BROKEN_PIPE
    except OSError as error:
        reason = error.strerror or str(error)
        return _fail(f"{error.filename}: {reason}" if error.filename else reason)
    except KeyboardInterrupt:
        return _INTERRUPTED


def _invoke(arguments: Sequence[str]) -> int:
    try:
        with _ROOT.make_context("kafkapy", list(arguments)) as context:
            _ROOT.invoke(context)
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    sys.stdout.flush()
    return 0


def _fail(*messages: str) -> int:
    sys.stdout.flush()
    for message in messages:
        print(f"kafkapy: {message}", file=sys.stderr)
    return 1

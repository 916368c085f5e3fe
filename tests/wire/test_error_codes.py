"""The error codes, against Kafka's own list."""

from __future__ import annotations

import json
from pathlib import Path

from kafkapy.wire.error_codes import ErrorCode

_GOLDEN = Path(__file__).parent / "internal" / "golden" / "errors.json"


def test_codes_names_and_what_is_retriable_are_those_of_kafka() -> None:
    ours = [[int(error), error.name, error.is_retriable] for error in ErrorCode]
    assert ours == json.loads(_GOLDEN.read_text(encoding="utf-8"))


def test_every_error_has_one_sentence_of_its_own() -> None:
    messages = [error.message for error in ErrorCode]
    assert len(set(messages)) == len(messages)
    for message in messages:
        assert message[0].isupper()
        assert message.endswith(".")


def test_an_error_is_its_code() -> None:
    assert ErrorCode(35) is ErrorCode.UNSUPPORTED_VERSION
    assert int(ErrorCode.NONE) == 0

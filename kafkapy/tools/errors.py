"""What a command says when it fails: one sentence, with the name of Kafka's error."""

from __future__ import annotations

from confluent_kafka import KafkaError, KafkaException

from kafkapy.wire.error_codes import ErrorCode

# The client decides these by itself, from metadata and from what was asked for.
_SAME_AS = {
    KafkaError._UNKNOWN_TOPIC: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    KafkaError._UNKNOWN_PARTITION: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    KafkaError._AUTO_OFFSET_RESET: ErrorCode.OFFSET_OUT_OF_RANGE,
}


class ToolError(Exception):
    """A command cannot do what it was asked; each of `messages` is a line for standard error."""

    def __init__(self, *messages: str) -> None:
        super().__init__(*messages)
        self.messages = messages


def kafka_error(error: KafkaError | BaseException) -> str:
    """Describe an error of the client's: `UNKNOWN_TOPIC_OR_PARTITION: This broker has no …`."""
    if isinstance(error, KafkaException):
        error = error.args[0]
    if not isinstance(error, KafkaError):
        return str(error)
    text = error.str()
    code = error_code(error)
    if code is None:
        return text.replace("Local: ", "")
    # Only the broker's own text says more than our text for the code.
    is_own = error.code() == code and not text.startswith("Broker: ")
    return f"{code.name}: {text if is_own else code.message}"


def error_code(error: KafkaError) -> ErrorCode | None:
    """Give Kafka's error; None is for the client's own, such as a timeout."""
    if error.code() in _SAME_AS:
        return _SAME_AS[error.code()]
    try:
        return ErrorCode(error.code())
    except ValueError:
        return None

import io
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kafkapy.logs import LogfmtFormatter, configure_logging, quote


@pytest.fixture
def logger():
    logger = logging.getLogger("kafkapy")
    before = logger.handlers[:], logger.level, logger.propagate
    yield logger
    logger.handlers[:], logger.level, logger.propagate = before


def test_a_record_is_one_line_of_pairs():
    record = logging.makeLogRecord(
        {
            "created": 1.5,
            "levelname": "INFO",
            "name": "kafkapy.server",
            "msg": "listening on %s",
            "args": ("a b",),
            "port": 9092,
        }
    )
    assert LogfmtFormatter().format(record) == (
        "time=1970-01-01T00:00:01.500Z level=info logger=kafkapy.server "
        'msg="listening on a b" port=9092'
    )


def test_an_exception_stays_on_the_line():
    try:
        raise ValueError("bad")
    except ValueError as error:
        info = (type(error), error, error.__traceback__)
    line = LogfmtFormatter().format(logging.makeLogRecord({"exc_info": info}))
    assert "\n" not in line
    assert "ValueError: bad" in line


def test_only_warnings_are_logged_unless_more_is_asked_for(logger):
    stream = io.StringIO()
    configure_logging(stream=stream)
    logger.info("quiet")
    logger.warning("loud")
    configure_logging("info", stream)
    logger.info("heard")
    assert [line.split("msg=")[1] for line in stream.getvalue().splitlines()] == ["loud", "heard"]


@given(st.text())
def test_no_value_breaks_the_line(text):
    assert quote(text).isprintable()
    assert " " not in quote(text) or quote(text)[0] == quote(text)[-1] == '"'

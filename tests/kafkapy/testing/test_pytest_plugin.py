"""The fixtures as other projects use them, in pytest runs of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from kafkapy.testing import Broker

pytest_plugins = ["pytester"]

ROOT = Path(__file__).resolve().parents[3]
PLUGIN = "kafkapy.testing.pytest_plugin"
# Where kafkapy is installed pytest finds it by itself.
LOADED = [] if entry_points(group="pytest11", name="kafkapy") else ["-p", PLUGIN]

CLIENTS = """
    from confluent_kafka import Consumer, Producer

    def produce(servers, topic, *values):
        producer = Producer({"bootstrap.servers": servers})
        for value in values:
            producer.produce(topic, value)
        assert producer.flush(30) == 0
"""


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)


def run(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return pytester.runpytest_subprocess(*LOADED, "-p", "no:cacheprovider", *arguments)


def test_importing_the_plugin_imports_nothing_else_of_kafkapy() -> None:
    script = f"import sys, {PLUGIN}; print(*sorted(sys.modules))"
    output = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout
    ours = {name for name in output.split() if name.partition(".")[0] == "kafkapy"}
    assert ours == {"kafkapy", "kafkapy.testing", PLUGIN}
    assert "msgspec" not in output.split()


def test_every_test_has_a_new_broker_at_the_same_address(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        CLIENTS
        + """
    addresses = set()

    def test_one(kafka_broker, kafka_topic, kafka_bootstrap_servers):
        produce(kafka_bootstrap_servers, kafka_topic, b"value")
        assert [record.value for record in kafka_broker.records(kafka_topic)] == [b"value"]
        kafka_broker.write("topic", b"of the first")
        addresses.add(kafka_bootstrap_servers)

    def test_two(kafka_broker):
        kafka_broker.create_topic("topic")
        assert kafka_broker.records("topic") == []
        assert {kafka_broker.bootstrap_servers} == addresses
    """
    )
    run(pytester).assert_outcomes(passed=2)


def test_a_topic_is_new_and_named_after_its_test(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
    import pytest

    @pytest.mark.parametrize("case", ["a/b", "c d"])
    def test_topic(kafka_topic, kafka_broker, case):
        assert kafka_topic.startswith("test-topic-" + case[0])
        assert kafka_broker.records(kafka_topic) == []
    """
    )
    run(pytester).assert_outcomes(passed=2)


def test_the_fixtures_serve_async_tests_of_asyncio_and_anyio(pytester: pytest.Pytester) -> None:
    pytest.importorskip("pytest_asyncio")
    pytester.makeini(
        """
    [pytest]
    asyncio_mode = auto
    asyncio_default_fixture_loop_scope = function
    """
    )
    pytester.makepyfile(
        test_auto="""
    async def test_auto(kafka_broker, kafka_topic):
        kafka_broker.write(kafka_topic, "value")
        assert len(kafka_broker.records(kafka_topic)) == 1
        kafka_broker.advance(10)
    """,
        test_strict="""
    import asyncio
    import pytest

    @pytest.mark.asyncio
    async def test_strict(kafka_broker, kafka_bootstrap_servers, make_kafka_broker):
        host, port = kafka_bootstrap_servers.split(":")
        _, writer = await asyncio.open_connection(host, int(port))
        writer.close()
        assert make_kafka_broker().bootstrap_servers != kafka_bootstrap_servers
    """,
        test_anyio="""
    import pytest

    @pytest.mark.anyio
    async def test_anyio(anyio_backend_name, kafka_broker, kafka_topic):
        kafka_broker.write(kafka_topic, "value")
        assert len(kafka_broker.records(kafka_topic)) == 1

    @pytest.fixture
    def anyio_backend():
        return "asyncio"
    """,
    )
    run(pytester, "test_auto.py").assert_outcomes(passed=1)
    run(pytester, "-o", "asyncio_mode=strict", "test_strict.py", "test_anyio.py").assert_outcomes(
        passed=2
    )


def test_each_worker_of_xdist_has_a_broker_of_its_own(pytester: pytest.Pytester) -> None:
    pytest.importorskip("xdist")
    pytester.makepyfile(
        """
    import pytest

    @pytest.mark.parametrize("number", range(6))
    def test_number(kafka_broker, number):
        kafka_broker.write("topic", str(number))
        assert [record.value for record in kafka_broker.records("topic")] == [b"%d" % number]
    """
    )
    run(pytester, "-n", "2").assert_outcomes(passed=6)


def test_a_port_is_counted_up_over_the_workers(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Broker() as broker:  # gives a port that is free in a moment
        port = int(broker.bootstrap_servers.rpartition(":")[2])
    pytester.makepyfile(
        f"""
    def test_port(kafka_bootstrap_servers):
        assert kafka_bootstrap_servers == "127.0.0.1:{port}"
    """
    )
    monkeypatch.setenv("PYTEST_XDIST_WORKER", "gw3")
    run(pytester, f"--kafka-port={port - 3}").assert_outcomes(passed=1)


def test_a_setting_on_the_command_line_leaves_the_others_of_the_ini_file(
    pytester: pytest.Pytester,
) -> None:
    pytester.makeini("[pytest]\nkafka_config = num.partitions=2\n")
    pytester.makepyfile("def test_it(kafka_broker): kafka_broker.write('new', 'x', partition=1)")
    run(pytester, "--kafka-config", "log.retention.ms=-1").assert_outcomes(passed=1)


def test_arguments_win_over_the_command_line_and_that_over_the_ini_file(
    pytester: pytest.Pytester,
) -> None:
    pytester.makeini(
        """
    [pytest]
    kafka_config =
        num.partitions=2
        auto.create.topics.enable=true
    kafka_topic = from-ini
    """
    )
    pytester.makepyfile(
        CLIENTS
        + """
    def partitions(broker, topic):
        consumer = Consumer({"bootstrap.servers": broker.bootstrap_servers, "group.id": "g"})
        found = len(consumer.list_topics(topic).topics[topic].partitions)
        consumer.close()
        return found

    def test_brokers(kafka_broker, make_kafka_broker, pytestconfig):
        by_option = pytestconfig.getoption("kafka_config") is not None
        count, topic = (3, "from-option") if by_option else (2, "from-ini")
        kafka_broker.write("topic", "value")
        assert partitions(kafka_broker, "topic") == count
        assert partitions(kafka_broker, topic) == count
        made = make_kafka_broker({"num.partitions": "4"}, topics=["made"])
        assert partitions(made, "made") == 4
    """
    )
    run(pytester).assert_outcomes(passed=1)
    run(
        pytester, "--kafka-config", "num.partitions=3", "--kafka-topic", "from-option"
    ).assert_outcomes(passed=1)


def test_brokers_pass_for_the_release_that_is_asked_for(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        CLIENTS
        + """
    def newest(broker):
        produce(broker.bootstrap_servers, "topic", b"value")
        return max(request.version for request in broker.requests.filter("Produce"))

    def test_release(kafka_broker, make_kafka_broker, kafka_broker_proc):
        assert newest(kafka_broker) == 7
        assert newest(make_kafka_broker(as_version="1.0")) == 5
        produce(kafka_broker_proc.bootstrap_servers, "topic", b"value")
    """
    )
    run(pytester, "--kafka-as-version", "2.1").assert_outcomes(passed=1)


def test_brokers_that_were_made_are_stopped_after_the_test(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
    import socket
    import pytest

    addresses = []

    def test_make(make_kafka_broker):
        for broker in make_kafka_broker(), make_kafka_broker(topics=["topic:2"]):
            host, port = broker.bootstrap_servers.split(":")
            socket.create_connection((host, int(port))).close()
            addresses.append((host, int(port)))

    def test_stopped():
        for address in addresses:
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(address)
    """
    )
    run(pytester).assert_outcomes(passed=2)


def test_a_broker_in_a_process_serves_the_whole_session(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        CLIENTS
        + """
    import os
    import pytest
    from kafkapy.errors import ApiError

    def test_process(kafka_broker_proc):
        assert kafka_broker_proc.pid not in (-1, os.getpid())
        kafka_broker_proc.create_topic("made", 2, {"retention.ms": "1000"})
        with pytest.raises(ApiError, match="TOPIC_ALREADY_EXISTS"):
            kafka_broker_proc.create_topic("made")
        produce(kafka_broker_proc.bootstrap_servers, "given", b"value")

    def test_same_process(kafka_broker_proc):
        with pytest.raises(ApiError, match="TOPIC_ALREADY_EXISTS"):
            kafka_broker_proc.create_topic("given")
        print("pid", kafka_broker_proc.pid)
    """
    )
    result = run(pytester, "-s", "--kafka-topic", "given:3")
    result.assert_outcomes(passed=2)
    [pid] = [line.split()[-1] for line in result.outlines if "pid" in line]
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid), 0)


def test_a_broker_process_that_cannot_start_is_an_error(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_process(kafka_broker_proc): pass")
    result = run(pytester, "--kafka-config", "num.partitions=none")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*RuntimeError: the broker ended with status 1*"])


def test_an_existing_kafka_is_used_where_it_is_named(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
    def test_topic(kafka_topic, kafka_bootstrap_servers, kafka_broker_noproc):
        assert kafka_bootstrap_servers == kafka_broker_noproc.bootstrap_servers
        print("made", kafka_topic, kafka_bootstrap_servers)
    """
    )
    with Broker() as broker:
        result = run(pytester, "-s", "--kafka-bootstrap-servers", broker.bootstrap_servers)
        result.assert_outcomes(passed=1)
        [made] = [line.split("made ")[1].split() for line in result.outlines if "made " in line]
        assert made[1].strip(".") == broker.bootstrap_servers
        assert broker.records(made[0]) == []


@pytest.mark.parametrize(
    ("fixture", "arguments", "message"),
    [
        ("kafka_broker_noproc", [], "*needs --kafka-bootstrap-servers*"),
        ("kafka_broker", ["--kafka-config", "nonsense"], "*'nonsense' is not KEY=VALUE*"),
        ("kafka_broker", ["--kafka-port", "x"], "*'x' is not a number*"),
    ],
)
def test_a_bad_option_is_told(
    pytester: pytest.Pytester, fixture: str, arguments: list[str], message: str
) -> None:
    pytester.makepyfile(f"def test_it({fixture}): pass")
    result = run(pytester, *arguments)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([message])


def test_the_options_are_in_the_help(pytester: pytest.Pytester) -> None:
    result = run(pytester, "--help")
    result.stdout.fnmatch_lines(["*--kafka-port=N*", "*kafka_config (linelist):*"])

"""Timers by key, without a clock of their own."""

from hypothesis import given
from hypothesis import strategies as st

from kafkapy.coordinator.result import Result
from kafkapy.coordinator.timers import TimerQueue


class Clock:
    def __init__(self) -> None:
        self.now_ms = 0

    def __call__(self) -> int:
        return self.now_ms


def run_due(queue: TimerQueue, clock: Clock, now_ms: int) -> None:
    clock.now_ms = now_ms
    while (operation := queue.pop_due()) is not None:
        operation(now_ms)


def noting(name: str, notes: list[str]):  # type: ignore[no-untyped-def]
    def operation(now_ms: int) -> Result[None]:
        notes.append(f"{name}@{now_ms}")
        return Result(None)

    return operation


def test_timers_run_in_the_order_in_which_they_are_due() -> None:
    clock, notes = Clock(), []
    queue = TimerQueue(clock)
    queue.schedule("late", 20, noting("late", notes))
    queue.schedule("early", 10, noting("early", notes))
    run_due(queue, clock, 9)
    assert notes == []
    run_due(queue, clock, 20)
    assert notes == ["early@20", "late@20"]


def test_a_timer_that_is_put_off_runs_once_and_later() -> None:
    clock, notes = Clock(), []
    queue = TimerQueue(clock)
    queue.schedule("session", 10, noting("first", notes))
    clock.now_ms = 5
    queue.schedule("session", 10, noting("second", notes))
    run_due(queue, clock, 10)
    assert notes == []
    assert queue.next_due_ms() == 15
    run_due(queue, clock, 15)
    assert notes == ["second@15"]
    assert queue.next_due_ms() is None


def test_a_timer_that_is_brought_forward_runs_earlier_and_once() -> None:
    clock, notes = Clock(), []
    queue = TimerQueue(clock)
    queue.schedule("join", 100, noting("first", notes))
    queue.schedule("join", 10, noting("second", notes))
    run_due(queue, clock, 10)
    run_due(queue, clock, 100)
    assert notes == ["second@10"]


def test_a_cancelled_timer_does_not_run() -> None:
    clock, notes = Clock(), []
    queue = TimerQueue(clock)
    queue.schedule("sync", 10, noting("sync", notes))
    queue.cancel("sync")
    queue.cancel("unknown")
    run_due(queue, clock, 10)
    assert notes == []


def test_the_driver_is_told_when_it_has_to_wake_earlier() -> None:
    clock, wakes = Clock(), []
    queue = TimerQueue(clock, lambda: wakes.append(queue.next_due_ms()))
    queue.schedule("a", 10, noting("a", []))
    queue.schedule("b", 20, noting("b", []))
    queue.schedule("c", 5, noting("c", []))
    assert wakes == [10, 5]


@given(
    st.lists(
        st.tuples(st.sampled_from("abcdef"), st.integers(0, 30), st.booleans(), st.integers(0, 5)),
        max_size=300,
    )
)
def test_a_timer_runs_exactly_when_its_last_schedule_says(
    steps: list[tuple[str, int, bool, int]],
) -> None:
    clock, notes = Clock(), []
    queue = TimerQueue(clock)
    expected: dict[str, int] = {}
    for key, delay_ms, cancels, passes_ms in steps:
        if cancels:
            queue.cancel(key)
            expected.pop(key, None)
        else:
            queue.schedule(key, delay_ms, noting(key, notes))
            expected[key] = clock.now_ms + delay_ms
        for now_ms in range(clock.now_ms, clock.now_ms + passes_ms + 1):
            notes.clear()
            run_due(queue, clock, now_ms)
            due = {name for name, due_ms in expected.items() if due_ms <= now_ms}
            assert {note.partition("@")[0] for note in notes} == due
            assert len(notes) == len(due)
            for name in due:
                del expected[name]

"""Answers that come later."""

from kafkapy.coordinator.result import Deferred, Result


def test_an_answer_is_given_to_all_who_asked_before_and_after() -> None:
    answer: Deferred[int] = Deferred()
    given: list[int] = []
    answer.then(given.append)
    assert not answer.done
    answer.resolve(5)
    answer.then(given.append)
    assert (answer.done, given) == (True, [5, 5])


def test_a_second_answer_is_ignored() -> None:
    answer: Deferred[int] = Deferred()
    given: list[int] = []
    answer.then(given.append)
    answer.resolve(5)
    answer.resolve(6)
    answer.then(given.append)
    assert given == [5, 5]


def test_effects_may_have_another_answer() -> None:
    appended: Deferred[Exception | None] = Deferred()
    effects: Result[None] = Result(None, [], appended, replay=False)
    result = effects.answering("answer")
    assert (result.response, result.appended, result.replay) == ("answer", appended, False)

"""The report card says what was seen, and why something was not."""

from __future__ import annotations

import pytest
from harness.card_formats import FAILED, PASSED, SKIPPED, Card, as_html, as_markdown, as_text


@pytest.fixture
def card() -> Card:
    card = Card("a broker")
    card.note("kcat 1", ["codecs", "acks"], PASSED, "test_one", "")
    card.note("kcat 1", ["codecs"], SKIPPED, "test_two[a|b]", "no <zstd>")
    card.note("Kafka 2", ["acks"], PASSED, "test_three", "")
    card.note("Kafka 2", ["acks"], FAILED, "test_four", "it broke")
    card.note_other("differential", PASSED)
    card.lacks["Kafka 2"] = {
        "codecs": {"round_trip:zstd": "it is old", "codecs": "so it is"},
        "acks": {"acks_of_3": "it is old"},
        "seek": {"seek": "it is old"},
    }
    card.absent["aiokafka"] = "not installed"
    return card


def test_a_failure_counts_more_than_a_pass_and_a_pass_more_than_a_skip(card: Card) -> None:
    *_, above, kafka, kcat = as_text(card).partition("\n\nKafka 2: failed")[0].splitlines()
    assert above.split() == ["s", "s", "k"]
    assert kafka.split() == ["Kafka", "2", "·", "✗", "·"]
    assert kcat.split() == ["kcat", "1", "✓*", "✓"]


def test_the_columns_are_in_the_order_of_the_scenarios(card: Card) -> None:
    assert "| client | codecs | acks | seek |" in as_markdown(card)


@pytest.mark.parametrize(
    "remark",
    [
        "Kafka 2: failed: test_four: it broke",
        "kcat 1: skipped: test_two[a|b]: no <zstd>",
        "aiokafka: not tested: not installed",
        "Kafka 2 has no means for: round_trip:zstd, acks_of_3, seek (it is old); codecs (so it is)",
        "differential, which is about no single client: 1 passed",
    ],
)
def test_what_did_not_pass_is_said_with_the_reason(card: Card, remark: str) -> None:
    assert remark in as_text(card).splitlines()


def test_a_reason_can_break_neither_a_document_nor_a_page(card: Card) -> None:
    assert r"test\_two\[a\|b\]: no \<zstd\>" in as_markdown(card)
    assert "no &lt;zstd&gt;" in as_html(card)


def test_a_client_without_the_means_is_not_at_fault(card: Card) -> None:
    assert "| Kafka 2 | · | ✗ | · |" in as_markdown(card)
    assert '<td class="lacks" title="it is old; so it is">·</td>' in as_html(card)

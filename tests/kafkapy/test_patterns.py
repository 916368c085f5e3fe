"""Patterns mean what they mean to RE2, and cost no more than their size."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kafkapy.patterns import MAX_STEPS, Pattern, PatternError


@pytest.mark.parametrize(
    ("source", "matching", "other"),
    [
        (
            "",
            [
                "",
            ],
            ["a"],
        ),
        ("a|bc|", ["a", "bc", ""], ["b", "abc"]),
        ("orders-.*", ["orders-", "orders-1"], ["orders", "x-orders-1", "orders-\n"]),
        ("(?s)a.", ["a\n", "ab"], ["a"]),
        ("a{2}b{1,2}c{2,}", ["aabcc", "aabbcccc"], ["abcc", "aabbbcc", "aabc"]),
        ("(ab+?)*c??", ["", "abbabc", "c"], ["a", "ba"]),
        ("a{,2}", ["a{,2}"], ["aa"]),
        (r"\d+\D\s\S\w\W", ["12x yz-"], ["٣x yz-"]),
        (r"[^a-c\d-]", ["d", "\n"], ["b", "5", "-"]),
        ("[]a]", ["]", "a"], ["b"]),
        ("[[:alpha:]_][[:^digit:]]", ["a-", "_x"], ["1a", "a1"]),
        (r"\pL\p{Lu}\P{N}\p{^L}", ["éÉx1"], ["éé1x"]),
        (r"\x41\x{1F600}\101\n\.", ["A😀A\n."], ["A😀A\nx"]),
        (r"\Qa.*b\E+", ["a.*b", "a.*bb"], ["axxb"]),
        (r"\Aa\bb?\z|^-$", ["a", "-"], ["ab"]),
        ("(?m)a\n^b$\nc", ["a\nb\nc"], []),
        ("a^b|a$b", [], ["ab"]),
        (r"\w+\b\W\B\W", ["ab--"], ["a-b"]),
        ("(?i)ab|c(?-i:D)[e-g]", ["AB", "CDF"], ["cdf"]),
        ("(?i:a)b", ["Ab", "ab"], ["AB"]),
        ("x(?P<name>a)(?<other>b)(?U)c+", ["xabcc"], ["xab"]),
    ],
)
def test_a_pattern_matches_whole_texts(source: str, matching: list[str], other: list[str]) -> None:
    pattern = Pattern(source)
    assert [text for text in matching if not pattern.fullmatch(text)] == []
    assert [text for text in other if pattern.fullmatch(text)] == []


@pytest.mark.parametrize(
    "source",
    ["(", ")", "a)", "[", "[a", "[b-a]", "*", "a|+", "a**", "a{2}{3}", "a{2,1}", "a{1001}", "\\",
     r"\1", r"\8", r"\Z", r"\C", r"\xz", r"\x{110000}", r"\pX", r"\p{Greek}", "[[:alpa:]]", "(?=a)",
     "(?!a)", "(?<=a)", "(?>a)", "(?P=n)", "(?", "(?)", "(?i", "(?x)a", "(?P<a"],
)  # fmt: skip
def test_what_re2_does_not_know_is_refused(source: str) -> None:
    with pytest.raises(PatternError):
        Pattern(source)


@pytest.mark.parametrize(
    "source",
    ["((x{1000}){1000}){1000}", "(" * 5000 + ")" * 5000, "x" * (MAX_STEPS + 1), "(a?){1000}b"],
)
def test_a_pattern_that_is_too_large_is_refused(source: str) -> None:
    with pytest.raises(PatternError):
        Pattern(source)


@pytest.mark.parametrize("source", ["(a+)+b", "(a|aa)+b", "(a*)*b", "(((){1000}){1000}){1000}b"])
def test_no_pattern_stalls(source: str) -> None:
    """A matcher that backtracks would be at it for longer than the time-out of the tests."""
    assert not Pattern(source).fullmatch("a" * 249)


_PIECES = st.sampled_from([*"ab.|()*+?[^]-$", "(?:", "{2}", "{1,3}", r"\b", r"\d"])


@given(st.lists(_PIECES, max_size=12).map("".join), st.text("ab-1\n", max_size=8))
def test_what_both_know_means_what_it_means_to_python(source: str, text: str) -> None:
    try:
        expected = re.compile(source.replace("$", r"\Z"), re.ASCII)
        pattern = Pattern(source)
    except (re.error, PatternError, FutureWarning):
        return
    assert pattern.fullmatch(text) == bool(expected.fullmatch(text))

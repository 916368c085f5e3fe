"""Regular expressions of clients, matched in linear time.

Kafka takes them in the syntax of RE2 (RE2/J), whose matching no pattern can stall; `re` backtracks,
so that a pattern of twenty characters can hold a broker up for hours. Here a pattern becomes a
list of steps, and a text is matched by following all paths at once (Thompson, 1968): a character
costs at most one visit of each step. Only whether the whole text matches is asked, so that greedy
and lazy repetitions are the same.

The syntax is that of https://github.com/google/re2/wiki/Syntax, without the names of scripts.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import NamedTuple

MAX_STEPS = 1000
MAX_REPEAT = 1000  # as in RE2
MAX_DEPTH = 100

Takes = Callable[[str], bool]  # whether a step takes a character
Holds = Callable[[str, int], bool]  # whether something is true of a place in the text
Node = Callable[[list["Step"], int], int]  # adds its steps before one, and gives the first of them


class PatternError(ValueError):
    """The pattern is not one of RE2's, or is too large."""


class Step(NamedTuple):
    """Takes a character, or goes on without one, where something holds or always."""

    following: tuple[int, ...] = ()
    takes: Takes | None = None
    holds: Holds | None = None


class Pattern:
    """A pattern that was understood. Raises PatternError."""

    def __init__(self, source: str) -> None:
        self._steps = [Step()]  # the end
        self._start = _Parser(source).parse()(self._steps, 0)

    def fullmatch(self, text: str) -> bool:
        """Tell whether the pattern matches all of the text."""
        here = self._reached([self._start], text, 0)
        for at, character in enumerate(text):
            taken: list[int] = []
            for index in here:
                step = self._steps[index]
                if step.takes is not None and step.takes(character):
                    taken += step.following
            here = self._reached(taken, text, at + 1)
        return 0 in here

    def _reached(self, indices: list[int], text: str, at: int) -> set[int]:
        """Give all steps that are reached without taking a character."""
        reached: set[int] = set()
        while indices:
            index = indices.pop()
            if index not in reached:
                reached.add(index)
                step = self._steps[index]
                if step.takes is None and (step.holds is None or step.holds(text, at)):
                    indices += step.following
        return reached


# How the parts of a pattern become steps.


def _add(steps: list[Step], step: Step) -> int:
    if len(steps) >= MAX_STEPS:
        raise PatternError(f"the pattern needs more than {MAX_STEPS} steps")
    steps.append(step)
    return len(steps) - 1


def _one(takes: Takes) -> Node:
    return lambda steps, after: _add(steps, Step((after,), takes=takes))


def _where(holds: Holds) -> Node:
    return lambda steps, after: _add(steps, Step((after,), holds=holds))


def _sequence(nodes: list[Node]) -> Node:
    def add(steps: list[Step], after: int) -> int:
        for node in reversed(nodes):
            after = node(steps, after)
        return after

    return add


def _either(nodes: list[Node]) -> Node:
    if len(nodes) == 1:
        return nodes[0]
    return lambda steps, after: _add(steps, Step(tuple(node(steps, after) for node in nodes)))


def _repeated(node: Node, least: int, most: int | None) -> Node:
    def add(steps: list[Step], after: int) -> int:
        if most is None:
            loop = _add(steps, Step())
            steps[loop] = Step((node(steps, loop), after))
            after = loop
        else:
            end = after
            for _ in range(most - least):
                after = _add(steps, Step((node(steps, after), end)))
        for _ in range(least):
            first = node(steps, after)
            if first == after:  # nothing, however often
                break
            after = first
        return after

    return add


# What a single character, or a place, can be.

_WORD = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz")
_PERL: dict[str, Takes] = {
    "d": lambda c: "0" <= c <= "9",
    "s": lambda c: c in "\t\n\f\r ",
    "w": _WORD.__contains__,
}
_POSIX = {
    "alnum": "[0-9A-Za-z]",
    "alpha": "[A-Za-z]",
    "ascii": "[\x00-\x7f]",
    "blank": "[\t ]",
    "cntrl": "[\x00-\x1f\x7f]",
    "digit": "[0-9]",
    "graph": "[!-~]",
    "lower": "[a-z]",
    "print": "[ -~]",
    "punct": r"[!-/:-@\[-`{-~]",
    "space": "[\t\n\v\f\r ]",
    "upper": "[A-Z]",
    "word": "[0-9A-Za-z_]",
    "xdigit": "[0-9A-Fa-f]",
}
_LETTERS = {"a": "\a", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def _is_boundary(text: str, at: int) -> bool:
    before, after = text[at - 1 : at] or "-", text[at : at + 1] or "-"
    return (before in _WORD) != (after in _WORD)


_PLACES: dict[str, Holds] = {
    "A": lambda text, at: at == 0,
    "z": lambda text, at: at == len(text),
    "b": _is_boundary,
    "B": lambda text, at: not _is_boundary(text, at),
}


def _not(takes: Takes) -> Takes:
    return lambda c: not takes(c)


def _any_of(choices: list[Takes]) -> Takes:
    return lambda c: any(takes(c) for takes in choices)


def _between(first: str, last: str, ignore_case: bool) -> Takes:
    if first > last:
        raise PatternError(f"a range from {first!r} to {last!r}")
    if ignore_case:
        return lambda c: (
            first <= c <= last or any(first <= other <= last for other in (c.lower(), c.upper()))
        )
    return lambda c: first <= c <= last


_HEXADECIMAL = re.compile(r"\{([0-9A-Fa-f]{1,8})\}|([0-9A-Fa-f]{2})")
_OCTAL = re.compile(r"[0-7]{1,2}")
_POSIX_NAME = re.compile(r"\[:(\^?)(\w+):\]")
_CATEGORY = re.compile(r"C[cfos]?|L[lmotu]?|M[cen]?|N[dlo]?|P[cdefios]?|S[ckmo]?|Z[lps]?")


def _in_category(name: str) -> Takes:
    if not _CATEGORY.fullmatch(name):
        raise PatternError(f"the character class {name!r} is not known")
    return lambda c: unicodedata.category(c).startswith(name)


class _Parser:
    """Reads a pattern from the left to the right."""

    _REPEAT = re.compile(r"([*+?]|\{(\d+)(,(\d*))?\})\??")
    _GROUP = re.compile(r"\(\?(?:P?<(?P<name>\w+)>|(?P<flags>[imsU]*(?:-[imsU]+)?)(?P<end>[:)]))")
    _COUNTS = {"*": (0, None), "+": (1, None), "?": (0, 1)}

    def __init__(self, source: str) -> None:
        self._source = source
        self._at = 0
        self._flags = frozenset[str]()
        self._depth = 0

    def parse(self) -> Node:
        node = self._alternatives()
        if self._at < len(self._source):
            raise PatternError("a parenthesis is closed that was not opened")
        return node

    def _takes(self, text: str) -> bool:
        """Step over a text if it comes next."""
        if not self._source.startswith(text, self._at):
            return False
        self._at += len(text)
        return True

    def _match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        match = pattern.match(self._source, self._at)
        if match:
            self._at = match.end()
        return match

    def _next(self) -> str:
        if self._at >= len(self._source):
            raise PatternError("the pattern ends too early")
        self._at += 1
        return self._source[self._at - 1]

    def _alternatives(self) -> Node:
        flags = self._flags
        nodes = [self._branch()]
        while self._takes("|"):
            nodes.append(self._branch())
        self._flags = flags
        return _either(nodes)

    def _branch(self) -> Node:
        nodes: list[Node] = []
        while self._at < len(self._source) and self._source[self._at] not in "|)":
            if self._takes("\\Q"):
                quoted, _, _ = self._source[self._at :].partition("\\E")
                self._at += len(quoted) + 2
                nodes += [self._literal(c) for c in quoted]
            else:
                nodes.append(self._atom())
            if nodes and (repeat := self._match(self._REPEAT)):
                nodes[-1] = _repeated(nodes[-1], *self._counts(repeat))
                if self._match(self._REPEAT):
                    raise PatternError("a repetition of a repetition")
        return _sequence(nodes)

    def _counts(self, repeat: re.Match[str]) -> tuple[int, int | None]:
        sign, least, comma, most = repeat.groups()
        if least is None:
            return self._COUNTS[sign]
        low = int(least[:9])
        high = low if comma is None else int(most[:9]) if most else None
        if max(low, high or 0) > MAX_REPEAT or (high is not None and high < low):
            raise PatternError(f"the repetition {sign}")
        return low, high

    def _atom(self) -> Node:
        character = self._next()
        match character:
            case "(":
                return self._group()
            case "[":
                return _one(self._class())
            case ".":
                return _one((lambda c: True) if "s" in self._flags else (lambda c: c != "\n"))
            case "^" | "$":
                return _where(self._line_end(character))
            case "*" | "+" | "?":
                raise PatternError(f"nothing before {character}")
            case "\\":
                if self._source[self._at : self._at + 1] in tuple(_PLACES):
                    return _where(_PLACES[self._next()])
                return _one(self._escaped_class() or self._character(self._escaped()))
        return self._literal(character)

    def _literal(self, character: str) -> Node:
        return _one(self._character(character))

    def _character(self, character: str) -> Takes:
        return _between(character, character, "i" in self._flags)

    def _line_end(self, sign: str) -> Holds:
        if "m" not in self._flags:
            return _PLACES["A" if sign == "^" else "z"]
        if sign == "^":
            return lambda text, at: at == 0 or text[at - 1] == "\n"
        return lambda text, at: at == len(text) or text[at] == "\n"

    def _group(self) -> Node:
        before = self._flags
        if self._source.startswith("?", self._at):
            self._at -= 1
            found = self._match(self._GROUP)
            if found is None or (found["flags"] == "" and found["end"] == ")"):
                raise PatternError("a group that RE2 does not know")
            if found["name"] is None:
                on, _, off = found["flags"].partition("-")
                self._flags = (before | set(on)) - set(off)
                if found["end"] == ")":  # for the rest of the group around it
                    return _sequence([])
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise PatternError(f"groups in more than {MAX_DEPTH} groups")
        node = self._alternatives()
        if not self._takes(")"):
            raise PatternError("a parenthesis is not closed")
        self._depth -= 1
        self._flags = before
        return node

    def _escaped(self) -> str:
        """Give the character that an escape stands for, after its backslash."""
        character = self._next()
        if character in _LETTERS:
            return _LETTERS[character]
        if character.isascii() and not character.isalnum():
            return character
        if character == "x" and (code := self._match(_HEXADECIMAL)):
            value = int(code[1] or code[2], 16)
            if value <= 0x10FFFF:
                return chr(value)
        elif character in "01234567":
            octal = self._match(_OCTAL)
            # A single digit is a reference to a group, which RE2 does not have.
            if octal or character == "0":
                return chr(int(character + (octal[0] if octal else ""), 8))
        raise PatternError(f"the escape \\{character}")

    def _escaped_class(self) -> Takes | None:
        r"""Give what `\d`, `\S`, `\pL` and their like take; None for another escape."""
        letter = self._source[self._at : self._at + 1]
        if letter.lower() in _PERL and letter:
            takes = _PERL[letter.lower()]
        elif letter and letter in "pP":
            name = self._source[self._at + 1 : self._at + 2]
            if name == "{":
                name, _, _ = self._source[self._at + 2 :].partition("}")
                self._at += 2
            self._at += len(name)
            takes = _in_category(name.removeprefix("^"))
            takes = _not(takes) if name.startswith("^") else takes
        else:
            return None
        self._at += 1
        return _not(takes) if letter.isupper() else takes

    def _class(self) -> Takes:
        is_negated = self._takes("^")
        choices = [self._class_member()]
        while not self._takes("]"):
            choices.append(self._class_member())
        takes = _any_of(choices)
        return _not(takes) if is_negated else takes

    def _class_member(self) -> Takes:
        if name := self._match(_POSIX_NAME):
            if name[2] not in _POSIX:
                raise PatternError(f"the character class {name[0]}")
            posix = re.compile(_POSIX[name[2]]).match
            return (lambda c: not posix(c)) if name[1] else (lambda c: bool(posix(c)))
        first = self._next()
        if first == "\\":
            if found := self._escaped_class():
                return found
            first = self._escaped()
        last = first
        if self._source.startswith("-", self._at) and self._source[self._at + 1 :][:1] != "]":
            self._at += 1
            last = self._next()
            last = self._escaped() if last == "\\" else last
        return _between(first, last, "i" in self._flags)

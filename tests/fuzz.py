"""Feeds a broker with broken requests: `python -m tests.fuzz --frames N --seed S [--seconds T]`.

Frames of every API and version are filled at random, most are damaged, and each is answered by a
broker in memory; some go through a socket. A failure ends a round, and prints the seed that repeats
it and the frame; the next round goes on with the next seed.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
import traceback
from collections.abc import Callable
from random import Random
from typing import NamedTuple

from kafkapy.wire.api import API
from kafkapy.wire.compile import EncodingError
from tests.fuzzing.mutations import mutate
from tests.fuzzing.target import FuzzError, Target, frame_of
from tests.fuzzing.values import Filler

# A new broker after so many frames keeps what the frames create from adding up.
FRAMES_PER_ROUND = 1000
_FRAMES_PER_CONNECTION = 50
_MEASURED_ROUNDS = 8  # one in so many measures memory, which is slow
_UNDAMAGED_SHARE = 0.4


class Result(NamedTuple):
    """What came of a run: how many frames and rounds, and each kind of failure once."""

    frames: int
    rounds: int
    failures: dict[str, str]


def fuzz(frames: int, seed: int, is_over: Callable[[], bool] = lambda: False) -> Result:
    """Try about so many frames, in rounds of their own seeds, until `is_over`."""
    done = rounds = 0
    failures: dict[str, str] = {}
    while done < frames and not is_over():
        count = min(FRAMES_PER_ROUND, frames - done)
        tried, kind, failure = asyncio.run(_round(seed + rounds, count))
        done, rounds = done + tried, rounds + 1
        if failure:
            failures.setdefault(kind, failure)
    return Result(done, rounds, failures)


async def _round(seed: int, count: int) -> tuple[int, str, str]:
    random = Random(seed)
    frame = b""
    number = 0
    try:
        async with Target(seed) as target:
            filler = Filler(random, target.topic_ids)
            apis = target.apis
            others = [b""]
            for number in range(count):
                key, version = random.choice(apis)
                valid = frame_of(filler.message(API[key].request, version), version)
                frame = valid
                if random.random() > _UNDAMAGED_SHARE:
                    frame = mutate(random, valid, random.choice(others))
                others = [*others[-20:], valid]
                if number % _FRAMES_PER_CONNECTION == _FRAMES_PER_CONNECTION - 1:
                    await target.send(_chunks(random, frame))
                    await target.ping()
                else:
                    is_measured = seed % _MEASURED_ROUNDS == 0
                    await target.answer(frame, measure_memory=is_measured)
    except FuzzError as error:
        repeat = f"--seed {seed} --frames {number + 1}"
        text = "".join(traceback.format_exception(error.__cause__ or error))
        return number + 1, _kind(error), f"{text}repeat: {repeat}\nframe: {frame.hex()}"
    return count, "", ""


def _kind(error: FuzzError) -> str:
    """Tell failures apart by where they were raised."""
    cause = error.__cause__
    if cause is None:
        return str(error)
    *_, place = traceback.extract_tb(cause.__traceback__)
    if isinstance(cause, EncodingError):
        return str(cause).partition(" ")[0]
    return f"{type(cause).__name__} {place.filename}:{place.lineno}"


def _chunks(random: Random, frame: bytes) -> list[bytes]:
    """Split a frame, whose announced size may be a lie, into what arrives at once."""
    size = len(frame)
    if random.random() < 0.2:
        size = random.choice((-1, -2, 0, 1, size - 1, size + 1, 2**31 - 1, -(2**31)))
    data = size.to_bytes(4, "big", signed=True) + frame
    steps = random.choice((1, 7, 4096))
    return [data[at : at + steps] for at in range(0, len(data), steps)][:500]


def main() -> int:
    """Run from the command line; the exit status says whether the broker held."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--frames", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=float("inf"))
    arguments = parser.parse_args()
    started_s = time.monotonic()
    end_s = started_s + arguments.seconds
    result = fuzz(arguments.frames, arguments.seed, lambda: time.monotonic() > end_s)
    spent_s = time.monotonic() - started_s
    print(
        f"{result.frames} frames in {result.rounds} rounds, {spent_s:.1f} s, "
        f"{result.frames / spent_s:.0f} frames a second"
    )
    for failure in result.failures.values():
        print(f"\n{failure}")
    return bool(result.failures)


if __name__ == "__main__":
    sys.exit(main())

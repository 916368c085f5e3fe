"""Feeds a broker with broken requests: `python -m tests.fuzz --frames N --seed S [--seconds T]`.

Frames of every API and version are filled at random, or are those of stock clients, or carry broken
records; most are damaged, and each is answered by a broker in memory. Some go through a socket.
Between rounds of frames the files of a broker are damaged and opened. A failure ends a round, and
prints the seed that repeats it and the frame; the next round goes on with the next seed. A run that
begins with the seed that the last one named at its end tries what has not been tried yet.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
import traceback
from collections.abc import Callable
from itertools import islice
from random import Random
from typing import NamedTuple

from kafkapy.wire.compile import EncodingError
from tests.fuzzing import files
from tests.fuzzing.errors import FuzzError
from tests.fuzzing.frames import Frames
from tests.fuzzing.large import large_frame
from tests.fuzzing.seeds import read_seeds
from tests.fuzzing.target import Target
from tests.fuzzing.witness import Witness

# A new broker after so many frames keeps what the frames create from adding up.
FRAMES_PER_ROUND = 1000
_FRAMES_PER_CONNECTION = 100
_FRAMES_PER_TESTIMONY = 100
_MEASURED_ROUNDS = 40  # one in so many measures memory, which is slow
_ROUNDS_PER_LARGE_FRAME = 8
_DIRECTORIES_PER_ROUND = 2
_SEEDS = read_seeds()


class Result(NamedTuple):
    """What came of a run; of each kind of failure there is one."""

    frames: int
    directories: int
    rounds: int
    failures: dict[str, str]


class _Failure(NamedTuple):
    kind: str
    text: str


def fuzz(
    frames: int,
    seed: int,
    is_over: Callable[[], bool] = lambda: False,
    *,
    directories_per_round: int = _DIRECTORIES_PER_ROUND,
) -> Result:
    """Try about so many frames, in rounds of their own seeds, until `is_over`."""
    done = directories = rounds = 0
    failures: dict[str, str] = {}
    while done < frames and not is_over():
        count = min(FRAMES_PER_ROUND, frames - done)
        tried, failure = asyncio.run(_round(seed + rounds, count))
        for number in range(directories_per_round):
            found = _directory(seed + rounds, number)
            directories += 1
            failure = failure or found
        done, rounds = done + tried, rounds + 1
        if failure:
            failures.setdefault(failure.kind, failure.text)
    return Result(done, directories, rounds, failures)


async def _round(seed: int, count: int) -> tuple[int, _Failure | None]:
    random = Random(seed)
    frame = b""
    number = 0
    measure_memory = seed % _MEASURED_ROUNDS == 0
    try:
        async with Target(seed) as target:
            witness = Witness(Random(seed), target)
            frames = Frames(random, target.versions, target.topic_ids, _SEEDS, target)
            for number, frame in enumerate(islice(frames, count)):
                if number % _FRAMES_PER_CONNECTION == _FRAMES_PER_CONNECTION - 1:
                    await target.send(_chunks(random, frame))
                    await target.ping()
                else:
                    await target.answer(frame, measure_memory=measure_memory)
                if number % _FRAMES_PER_TESTIMONY == _FRAMES_PER_TESTIMONY - 1:
                    await witness.testify()
            if seed % _ROUNDS_PER_LARGE_FRAME == 0:
                number, frame = count, large_frame(random, target.versions)
                await target.answer(frame, measure_memory=measure_memory)
                return count + 1, None
    except FuzzError as error:
        repeat = f"--seed {seed} --frames {number + 1}"
        text = "".join(traceback.format_exception(error.__cause__ or error))
        return number + 1, _Failure(
            _kind(error), f"{text}repeat: {repeat}\nframe: {frame[:10_000].hex()}"
        )
    return count, None


def _directory(seed: int, number: int) -> _Failure | None:
    try:
        asyncio.run(files.try_damaged(seed * _DIRECTORIES_PER_ROUND + number))
    except FuzzError as error:
        text = "".join(traceback.format_exception(error.__cause__ or error))
        repeat = f"python -m tests.fuzzing.files {seed * _DIRECTORIES_PER_ROUND + number}"
        return _Failure(_kind(error), f"{text}{error}\nrepeat: {repeat}")
    return None


def _kind(error: FuzzError) -> str:
    """Tell failures apart by where they were raised."""
    cause = error.__cause__
    if cause is None:
        return str(error)[:50]
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
    spent_s, spent_cpu_s = time.monotonic() - started_s, time.process_time()
    print(
        f"{result.frames} frames in {result.rounds} rounds and {result.directories} damaged "
        f"directories, {len(result.failures)} kinds of failures; {spent_s:.1f} s, "
        f"{spent_cpu_s:.1f} s of CPU, {result.frames / spent_s:.0f} frames a second; "
        f"go on with --seed {arguments.seed + result.rounds}"
    )
    for failure in result.failures.values():
        print(f"\n{failure}")
    return bool(result.failures)


if __name__ == "__main__":
    sys.exit(main())

# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The cost of losing nothing when Redis is killed: an append-only file compared with resending.

    python benchmarks/experience.py

Each append has 64 segments of 32 steps (33 frames of 80x60 and 32 rows, 160 kB), at fixed rates. A reader takes them,
and acknowledges each append two appends later, as a trainer does after its checkpoint.

    off            no append-only file, and nothing is kept: the lower bound
    resend         no append-only file; the recorder keeps the bytes of all unacknowledged segments
    fsync no       append-only file, write() before every reply, never fsync
    fsync everysec append-only file, and an fsync every second in another thread
"""

import argparse
import os
import platform
import statistics
import tempfile
import time
from collections import deque
from pathlib import Path

import numpy as np

from deepracer_ros.experience.encoding import encode, layout
from deepracer_ros.experience.reader import ExperienceReader
from deepracer_ros.experience.segment import Segment
from deepracer_ros.experience.writer import ExperienceWriter
from deepracer_ros.services.redis_server import LocalRedis

CARS, STEPS, HEIGHT, WIDTH = 64, 32, 60, 80
CAPACITY = 64 << 20
UNACKNOWLEDGED = 2


def make_segments(sequence: int) -> list[Segment]:
    """Return the segments of one append, one for every car, as views of arrays of all cars."""
    return [
        Segment(
            {"FRONT_FACING_CAMERA": FRAMES[:, car]},
            *(FLOATS[:, car] for _ in range(5)),
            *(FLAGS[:, car] for _ in range(3)),
            model_version=1,
            track="oval",
            worker="bench",
            car=car,
            sequence=sequence,
        )
        for car in range(CARS)
    ]


RANDOM = np.random.default_rng(0)
FRAMES = RANDOM.integers(0, 256, (STEPS + 1, CARS, HEIGHT, WIDTH), dtype=np.uint8)
FLOATS = RANDOM.random((STEPS, CARS), dtype=np.float32)
FLAGS = np.ones((STEPS, CARS), np.uint8)
APPEND_BYTES = sum(layout(segment).size for segment in make_segments(0))


def server_cpu(pid: int) -> float:
    """Return the CPU time of a process and its ended children (which rewrite the file), s."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def measure(mode: str, rate: float, seconds: float) -> dict[str, float]:
    """Append at a fixed rate, and return the costs.

    Args:
        mode: One of the modes in the module's docstring.
        rate: Rate of the appends, bytes/s.
        seconds: Duration of the measurement, s.

    Returns:
        Figures by name; the units are in the names, and times are per append.
    """
    with tempfile.TemporaryDirectory(dir="runs" if Path("runs").is_dir() else None) as folder:
        with LocalRedis(Path(folder), append_only=mode.startswith("fsync"), maximum_bytes=2 * CAPACITY) as server:
            writer = ExperienceWriter(server.url, "bench", CAPACITY)
            reader = ExperienceReader(server.url, "bench")
            if mode == "fsync everysec":
                writer._connection.client.config_set("appendfsync", "everysec")
            kept: deque[list[bytes]] = deque()
            lag: deque[list[str]] = deque()
            appends, takes = [], []
            cpu, own = server_cpu(server.pid), time.process_time()
            start = time.perf_counter()
            count = max(3, int(seconds * rate / APPEND_BYTES))
            for sequence in range(count):
                due = start + sequence * APPEND_BYTES / rate
                time.sleep(max(0.0, due - time.perf_counter()))
                segments = make_segments(sequence)
                before = time.perf_counter()
                if mode == "resend":
                    kept.append([bytes(encode(segment)) for segment in segments])
                assert writer.append(segments), writer.last_error
                appends.append(time.perf_counter() - before)
                taken = reader.take(CARS, CARS, 5.0)
                takes.append(time.perf_counter() - before - appends[-1])
                lag.append([item.stream_id for item in taken])
                if len(lag) > UNACKNOWLEDGED:
                    reader.acknowledge(lag.popleft())
                    if kept:
                        kept.popleft()
            wall = time.perf_counter() - start
            own, cpu = time.process_time() - own, server_cpu(server.pid) - cpu
            held = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
        started = time.perf_counter()
        with LocalRedis(Path(folder), append_only=mode.startswith("fsync"), maximum_bytes=2 * CAPACITY):
            restart = time.perf_counter() - started
    return {
        "append ms": 1e3 * statistics.median(appends),
        "worst ms": 1e3 * max(appends),
        "take ms": 1e3 * statistics.median(takes),
        "server ms": 1e3 * cpu / count,
        "client ms": 1e3 * own / count,
        "% of a core": 100.0 * (cpu + own) / wall,
        "file MB": held / 1e6,
        "restart s": restart,
    }


def main() -> None:
    """Measure all modes at all rates and print a table."""
    parser = argparse.ArgumentParser(description="Cost of the append-only file compared with resending.")
    parser.add_argument("--rates", type=float, nargs="+", default=[20.0, 40.0, 80.0], help="rates of the appends, MB/s")
    parser.add_argument("--seconds", type=float, default=6.0, help="duration of each measurement, s")
    parser.add_argument("--rounds", type=int, default=2, help="number of measurements, of which the median is shown")
    arguments = parser.parse_args()
    print(
        f"{platform.machine()}, {os.cpu_count()} cores; "
        f"{CARS} segments of {APPEND_BYTES / CARS / 1e3:.0f} kB per append"
    )
    names: list[str] = []
    for rate in arguments.rates:
        rounds = {mode: [] for mode in ("off", "resend", "fsync no", "fsync everysec")}
        for _ in range(arguments.rounds):
            for mode, results in rounds.items():
                results.append(measure(mode, rate * 1e6, arguments.seconds))
        for mode, results in rounds.items():
            if not names:
                names = list(results[0])
                print(f"{'MB/s':>5}  {'mode':15}" + "".join(f"{name:>13}" for name in names))
            row = "".join(f"{statistics.median(result[name] for result in results):13.2f}" for name in names)
            print(f"{rate:5.0f}  {mode:15}{row}")


if __name__ == "__main__":
    main()

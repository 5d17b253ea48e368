# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""How far one trainer, one Redis and a network carry: measured with recorded segments, then simulated up to 256 jobs.

    python -m benchmarks.scale --seconds 15 --output docs/images/scale.png

Segments are recorded once. Then processes in the place of simulation jobs send them again and again, so that trainer
and Redis are the limit, and not the cores that simulate. The trainer's own rate is that with segments in memory. A
discrete-event model with the measured service times is compared with the measured points, and goes on where this
machine has no cores.
"""

import argparse
import heapq
import itertools
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Collection, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.common import default_config
from deepracer_ros.experience.encoding import layout
from deepracer_ros.experience.reader import ExperienceReader, Taken
from deepracer_ros.experience.segment import Segment
from deepracer_ros.experience.status import ExperienceStatus
from deepracer_ros.experience.writer import ExperienceWriter
from deepracer_ros.learning.policy import RandomPolicy
from deepracer_ros.models.policy_file import Manifest
from deepracer_ros.run.folder import RunFolder
from deepracer_ros.services.redis_server import LocalRedis
from deepracer_ros.simulation.factory import make_environment
from deepracer_ros.training.batches import capacity_bytes
from deepracer_ros.training.config import RunConfig
from deepracer_ros.training.parts import Experience, make_parts
from deepracer_ros.training.rollout import collect
from deepracer_ros.training.sending import SegmentSender
from deepracer_ros.training.trainer import Trainer

RUN = "scale"
WARM_UP = 3
"""Number of updates that are not counted."""
FASTER = ((1, "-"), (10, "--"), (100, ":"))
"""How many times as fast simulated trainers are, for example on a GPU, and how their lines are drawn."""
NETWORK = 10e9 / 8.0
"""Speed of the network, bytes/s: 10 Gbit/s."""


def configuration(url: str = "") -> RunConfig:
    """Return the default training without evaluations and without an end."""
    trainer = {"evaluate_every": 0, "max_seconds": 3600, "max_staleness": 10**6, "sinks": []}
    return default_config(tracks=["oval"], trainer=trainer, experience={"url": url})


def record_segments(config: RunConfig) -> list[Segment]:
    """Return one segment of each car with random actions."""
    cars = config.simulation.cars
    environment = make_environment(config, config.tracks, cars, seed=0)
    steps = config.experience.segment_steps
    batch = collect(environment, RandomPolicy(config.actions), steps, np.random.default_rng(0))
    environment.close()
    flags = [array.astype(np.uint8) for array in (batch.terminated, batch.truncated, batch.valid)]
    zeros = np.zeros(steps, np.float32)
    return [
        Segment(
            observations={name: array[car] for name, array in batch.observations.items()},
            steering=batch.steering[car], speed=batch.speed[car], reward=batch.reward[car],
            log_probability=batch.log_probability[car], progress=zeros, terminated=flags[0][car],
            truncated=flags[1][car], valid=flags[2][car], model_version=0, track="oval", worker="memory", car=car,
            sequence=0,
        )
        for car in range(cars)
    ]  # fmt: skip


class Memory:
    """A source of experience that always has more of the same."""

    def __init__(self, segments: Sequence[Segment]) -> None:
        """Keep the segments."""
        self._segments, self._sequences = itertools.cycle(segments), itertools.count()

    def recover(self, consumed: Collection[str] = ()) -> int:
        """Return 0: nothing was taken before."""
        return 0

    def take(self, minimum: int, maximum: int, seconds: float, oldest_version: int = 0) -> list[Taken]:
        """Return the next segments."""
        taken = itertools.islice(self._segments, maximum)
        return [Taken("", replace(segment, sequence=next(self._sequences))) for segment in taken]

    def acknowledge(self, stream_ids: Iterable[str]) -> int:
        """Forget them."""
        return 0

    def status(self) -> ExperienceStatus:
        """Return an empty status."""
        return ExperienceStatus(0, 0, 0, 0, 0, 0)

    def close(self) -> None:
        """Do nothing."""


class NoModels:
    """A store that keeps no models: publishing happens beside the updates."""

    def publish(self, tensors: object, manifest: Manifest) -> Manifest:
        """Return the manifest with a version."""
        return replace(manifest, version=manifest.training_step)

    def take_over(self, epoch: int) -> None:
        """Do nothing."""

    def add_files(self, version: int, files: object) -> None:
        """Do nothing."""

    def add_evaluation(self, version: int, evaluation: object) -> None:
        """Do nothing."""

    def mark_best(self, version: int) -> None:
        """Do nothing."""


def trained_per_second(config: RunConfig, experience: Experience, seconds: float) -> float:
    """Return the environment steps per second of a trainer with a source of experience."""
    with tempfile.TemporaryDirectory() as folder:
        trainer = Trainer(config, RUN, make_parts(config, RunFolder(Path(folder))), experience, NoModels())
        stop = threading.Event()
        thread = threading.Thread(target=trainer.run, args=(stop,))
        thread.start()
        deadline = time.monotonic() + 120.0
        while trainer.counts.updates < WARM_UP and time.monotonic() < deadline:
            time.sleep(0.01)
        before, began, updates = trainer.progress.env_steps, time.monotonic(), trainer.counts.updates
        while time.monotonic() - began < seconds or trainer.counts.updates == updates:
            current = trainer.counts.updates
            time.sleep(0.002)
        while trainer.counts.updates == current:  # up to the end of an update
            time.sleep(0.001)
        found = (trainer.progress.env_steps - before) / (time.monotonic() - began)
        stop.set()
        thread.join()
        trainer.close()
    return found


def feed(url: str, job: int) -> None:
    """Be a job: send the recorded segments again and again until the standard input ends."""
    config = configuration(url)
    segments, room = record_segments(config), threading.Event()
    print("ready", flush=True)
    sys.stdin.readline()
    sender = SegmentSender(ExperienceWriter(url, RUN, capacity_bytes(config)), lambda _: room.set())
    for sequence in itertools.count():
        sender.send(sequence, [replace(segment, worker=f"job{job}", sequence=sequence) for segment in segments])
        while not room.wait(1.0):
            if sender.ended:
                return
        room.clear()


def fed_rate(jobs: int, seconds: float) -> float:
    """Return the environment steps per second of a trainer that jobs feed through Redis."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        redis = stack.enter_context(LocalRedis(folder / "redis", maximum_bytes=4 << 30))
        config, feeders = configuration(redis.url), []
        for job in range(jobs):
            command = [sys.executable, "-m", "benchmarks.scale", "--feed", redis.url, "--job", str(job)]
            feeders.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
            stack.callback(feeders[-1].kill)
        for feeder in feeders:
            assert feeder.stdin is not None and feeder.stdout is not None
            feeder.stdout.readline()
            feeder.stdin.write("\n")
            feeder.stdin.flush()
        return trained_per_second(config, ExperienceReader(redis.url, RUN), seconds)


@dataclass(frozen=True)
class Times:
    """Service times, s.

    Attributes:
        learn: An update with its checkpoint, without the experience.
        append: Redis takes the segments of one step of all cars of a job.
        take: The trainer fetches, decodes and acknowledges a batch.
        size: Size of such an append, bytes.
        steps: Environment steps of a batch.
    """

    learn: float
    append: float
    take: float
    size: int
    steps: int


def measure_times(own_rate: float, segments: Sequence[Segment]) -> Times:
    """Measure the service times of an append and of a take, each alone."""
    count = 40
    with tempfile.TemporaryDirectory() as folder, LocalRedis(Path(folder), maximum_bytes=4 << 30) as redis:
        writer, reader = ExperienceWriter(redis.url, RUN, 4 << 30), ExperienceReader(redis.url, RUN)
        began = time.perf_counter()
        for sequence in range(count):
            assert writer.append([replace(segment, worker="job0", sequence=sequence) for segment in segments])
        append = (time.perf_counter() - began) / count
        began = time.perf_counter()
        for _ in range(count):
            reader.acknowledge([item.stream_id for item in reader.take(len(segments), len(segments), 1.0)])
        take = (time.perf_counter() - began) / count
    steps = int(sum(segment.valid.sum() for segment in segments))
    return Times(steps / own_rate, append, take, sum(layout(segment).size for segment in segments), steps)


def simulate(times: Times, jobs: int, produce: float, capacity: int = 2, batches: int = 400) -> float:
    """Return the environment steps per second of a trainer that `jobs` jobs feed, by a discrete-event model.

    Each job produces a batch, waits for the network and for Redis, which serve one after the other, and for room. The
    trainer takes a batch from Redis, and learns.

    Args:
        times: Service times.
        jobs: Number of jobs.
        produce: Time in which a job produces a batch, s.
        capacity: Batches that Redis holds.
        batches: Batches that are simulated.
    """
    wire, clock, held, learned = times.size / NETWORK, 0.0, 0, 0
    waiting: list[tuple[float, int]] = []  # time at which a job has a batch, job
    for job in range(jobs):
        heapq.heappush(waiting, (produce * (job + 1) / jobs, job))
    redis_free = network_free = trainer_free = 0.0
    while learned < batches:
        if held and trainer_free <= (waiting[0][0] if held < capacity else float("inf")):
            begin = max(trainer_free, redis_free)  # the next thing that happens is a take
            redis_free, clock = begin + times.take, begin + times.take + times.learn
            trainer_free, held, learned = clock, held - 1, learned + 1
            continue
        ready, job = heapq.heappop(waiting)
        network_free = max(network_free, ready) + wire
        redis_free = max(redis_free, network_free) + times.append
        held += 1
        if held == 1:
            trainer_free = max(trainer_free, redis_free)
        heapq.heappush(waiting, (redis_free + produce, job))
    return batches * times.steps / clock


def draw(path: Path, times: Times, measured: dict[int, float]) -> None:
    """Draw measured and simulated rates against the number of jobs, and where each part is the limit."""
    from matplotlib.figure import Figure

    from deepracer_ros.report.style import ACCENT, BLUE, GREEN, MUTED, plot_style

    jobs = [2**power for power in range(9)]
    with plot_style():
        figure = Figure(figsize=(8.0, 5.6), layout="constrained")
        axis = figure.subplots()
        for rate, colour in ((1_000.0, GREEN), (10_000.0, BLUE)):
            for faster, line in FASTER:
                found = [simulate(replace(times, learn=times.learn / faster), n, times.steps / rate) for n in jobs]
                label = f"jobs of {rate:.0f} steps/s" + (f", a trainer {faster} times as fast" if faster > 1 else "")
                axis.plot(jobs, found, line, color=colour, label=label)
        axis.plot(list(measured), list(measured.values()), "o", color=ACCENT, label="measured, recorded segments")
        for name, seconds in (("trainer", times.learn), ("Redis", times.append + times.take),
                              ("10 Gbit/s", times.size / NETWORK)):  # fmt: skip
            axis.axhline(times.steps / seconds, color=MUTED, linewidth=0.8)
            axis.annotate(name, (1.0, times.steps / seconds), color=MUTED, va="bottom")
        axis.set_xscale("log", base=2)
        axis.set_yscale("log")
        axis.set_xlabel("simulation jobs")
        axis.set_ylabel("environment steps trained per second")
        figure.legend(loc="outside lower center", ncols=2, fontsize=9)
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=140)


def main() -> int:
    """Measure, compare with the model, and draw."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("--seconds", type=float, default=15.0, help="length of each measurement (default: 15)")
    parser.add_argument("--output", type=Path, default=Path("runs/scale.png"), help="the plot")
    parser.add_argument("--feed", metavar="URL", help=argparse.SUPPRESS)
    parser.add_argument("--job", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.feed:
        feed(options.feed, options.job)
        return 0
    config = configuration()
    segments = record_segments(config)
    own = trained_per_second(config, Memory(segments), options.seconds)
    times, measured = measure_times(own, segments), {}
    print(f"the trainer's own rate: {own:.0f} steps/s")
    print(f"update {1e3 * times.learn:.0f} ms, append {1e3 * times.append:.1f} ms, take {1e3 * times.take:.1f} ms, "
          f"{times.size / 1e6:.1f} MB")  # fmt: skip
    for jobs in (1, 2, 4, 8):
        measured[jobs] = fed_rate(jobs, options.seconds)
        model = simulate(times, jobs, times.append)
        print(f"{jobs} jobs: {measured[jobs]:.0f} steps/s, {measured[jobs] / own:.3f} of the trainer's own rate; "
              f"the model says {model:.0f}, {model / measured[jobs] - 1.0:+.0%}", flush=True)  # fmt: skip
    for (faster, _), rate in itertools.product(FASTER, (1_000.0, 10_000.0)):
        trainer = replace(times, learn=times.learn / faster)
        found = ", ".join(f"{simulate(trainer, jobs, times.steps / rate):.0f}" for jobs in (1, 4, 16, 64, 256))
        print(f"model, trainer {faster} times as fast, 1, 4, 16, 64, 256 jobs of {rate:.0f} steps/s: {found} steps/s")
    draw(options.output, times, measured)
    print(options.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())

# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The report of an evaluation: numbers, plots of the driven lines, and videos."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from deepracer_ros.files import write_json
from deepracer_ros.names import to_file_name
from deepracer_ros.race.obstacle import ObstacleShape
from deepracer_ros.race.track import Track
from deepracer_ros.report.contact_sheet import write_contact_sheet
from deepracer_ros.report.drive_plot import write_drive_plot
from deepracer_ros.report.drive_video import write_drive_video
from deepracer_ros.report.film import Take
from deepracer_ros.run.summary import EvaluationSummary, ModelSummary
from deepracer_ros.simulation.attempts import Attempt, Evaluation


def summarise(evaluation: Evaluation) -> EvaluationSummary:
    """Return the laps and lap times of an evaluation for `summary.json`."""
    return EvaluationSummary(
        laps_attempted=evaluation.laps_attempted,
        laps_completed=evaluation.laps_completed,
        mean_lap_seconds=evaluation.mean_lap_seconds,
        best_lap_seconds=evaluation.best_lap_seconds,
        optimal_lap_seconds=evaluation.optimal_lap_seconds,
    )


MOST_PAGES = 6
"""Number of tracks up to which each has a picture and a video of its own."""


def track_labels(tracks: Sequence[Track]) -> list[str]:
    """Return a unique part of a file name for each track: its name with `-` for special characters."""
    labels: list[str] = []
    for track in tracks:
        plain = to_file_name(track.name) or "track"
        label, number = plain, 1
        while label in labels:
            number += 1
            label = f"{plain}-{number}"
        labels.append(label)
    return labels


def write_evaluation_report(
    folder: Path,
    evaluation: Evaluation,
    tracks: Sequence[Track],
    model: ModelSummary,
    takes: Sequence[Take] = (),
    shape: ObstacleShape | None = None,
) -> list[Path]:
    """Write `evaluation.json` and, for each track, `drive.png` and `drive.mp4`.

    With several tracks the pictures are `drive-<label>.png` and `drive-<label>.mp4`, with the labels of `track_labels`.
    More than `MOST_PAGES` tracks have one picture, `drive.png`, and no videos, which would take minutes.

    Args:
        folder: An existing folder.
        evaluation: Result of `evaluate(..., record=True)`; without `record` no picture is drawn.
        tracks: All tracks that were driven, with unique names.
        model: Version and hash of the policy.
        takes: `Film.takes` of the evaluation; without them no video is written.
        shape: Size and colour of the objects on the road, `Referee.object_shape`; None draws no objects.

    Returns:
        The files written.

    Raises:
        InputError: if the folder cannot be written or the disk is full.
    """
    written = [folder / "evaluation.json"]
    write_json(written[0], _document(evaluation, model))
    if len(tracks) > MOST_PAGES:
        attempts = evaluation.attempts
        drives = [(track, [attempt for attempt in attempts if attempt.track == track.name]) for track in tracks]
        write_contact_sheet(folder / "drive.png", drives, _title(f"{len(tracks)} tracks", evaluation))
        return [*written, folder / "drive.png"]
    videos = []
    with ThreadPoolExecutor(1, "video") as filming:  # a video is encoded while the plots are drawn
        for track, name in zip(tracks, track_labels(tracks), strict=True):
            label = "" if len(tracks) == 1 else f"-{name}"
            picture, video = folder / f"drive{label}.png", folder / f"drive{label}.mp4"
            cars = [car for car, attempt in enumerate(evaluation.attempts) if attempt.track == track.name]
            part = replace(evaluation, attempts=tuple(evaluation.attempts[car] for car in cars))
            seen = [takes[car] for car in cars] if takes else []
            is_filmed = any(take.pictures for take in seen)
            if is_filmed:
                words = f"model {model.version}"
                videos.append(filming.submit(write_drive_video, video, track, part.attempts, seen, words, shape))
            if any(attempt.trajectory is not None for attempt in part.attempts):
                write_drive_plot(picture, track, part.attempts, _title(track.name, part), shape)
                written.append(picture)
            written += [video] * is_filmed
        for encoded in videos:
            encoded.result()
    return written


def _title(name: str, evaluation: Evaluation) -> str:
    parts = [name, f"{evaluation.laps_completed} of {evaluation.laps_attempted} laps"]
    if evaluation.mean_lap_seconds is not None and evaluation.best_lap_seconds is not None:
        parts += [f"mean {evaluation.mean_lap_seconds:.2f} s", f"best {evaluation.best_lap_seconds:.2f} s"]
    if evaluation.optimal_lap_seconds is not None:
        parts += [f"optimal lap {evaluation.optimal_lap_seconds:.2f} s"]
    return " \u00b7 ".join(parts)


def _document(evaluation: Evaluation, model: ModelSummary) -> dict[str, Any]:
    return {
        **asdict(summarise(evaluation)),
        "mean_progress": evaluation.mean_progress,
        "model": asdict(model),
        "attempts": [_attempt(attempt) for attempt in evaluation.attempts],
    }


def _attempt(attempt: Attempt) -> dict[str, Any]:
    return {
        "track": attempt.track,
        "start": attempt.start,
        "status": attempt.status.name.lower(),
        "progress": attempt.progress,
        "lap_seconds": attempt.lap_seconds,
        "lap_times": attempt.lap_times,
        "resets": len(attempt.failures),
        "failures": [failure.name.lower() for failure in attempt.failures],
        "steps": attempt.steps,
    }

"""What an evaluation leaves behind: numbers, the driven lines, a video."""

import re
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from deepracer_ros.files import write_json
from deepracer_ros.race.track import Track
from deepracer_ros.report.drive_plot import write_drive_plot
from deepracer_ros.report.drive_video import write_drive_video
from deepracer_ros.report.film import Take
from deepracer_ros.run.summary import EvaluationSummary, ModelSummary
from deepracer_ros.simulation.evaluation import Attempt, Evaluation


def summarise(evaluation: Evaluation) -> EvaluationSummary:
    """Return an evaluation as `summary.json` holds it."""
    return EvaluationSummary(
        laps_attempted=evaluation.laps_attempted,
        laps_completed=evaluation.laps_completed,
        mean_lap_seconds=evaluation.mean_lap_seconds,
        best_lap_seconds=evaluation.best_lap_seconds,
    )


def write_evaluation_report(
    folder: Path, evaluation: Evaluation, tracks: Sequence[Track], model: ModelSummary, takes: Sequence[Take] = ()
) -> list[Path]:
    """Write `evaluation.json` and, for each track, `drive.png` and `drive.mp4`.

    With several tracks the pictures are `drive-<track>.png` and `drive-<track>.mp4`.

    Args:
        folder: An existing folder.
        evaluation: Made with `record=True` if there shall be a picture.
        tracks: All that was driven on.
        model: The policy that drove.
        takes: `Film.takes` of the evaluation, if there shall be a video.

    Returns:
        The files written.

    Raises:
        InputError: if the folder cannot be written or the disk is full.
    """
    written = [folder / "evaluation.json"]
    write_json(written[0], _document(evaluation, model))
    for track in tracks:
        label = "" if len(tracks) == 1 else "-" + re.sub(r"[^A-Za-z0-9._+-]+", "-", track.name)
        cars = [car for car, attempt in enumerate(evaluation.attempts) if attempt.track == track.name]
        part = Evaluation(tuple(evaluation.attempts[car] for car in cars))
        if any(attempt.trajectory is not None for attempt in part.attempts):
            picture = folder / f"drive{label}.png"
            write_drive_plot(picture, track, part.attempts, _title(track, part))
            written.append(picture)
        seen = [takes[car] for car in cars] if takes else []
        if any(take.pictures for take in seen):
            video = folder / f"drive{label}.mp4"
            write_drive_video(video, track, part.attempts, seen, f"model {model.version}")
            written.append(video)
    return written


def _title(track: Track, evaluation: Evaluation) -> str:
    parts = [track.name, f"{evaluation.laps_completed} of {evaluation.laps_attempted} laps"]
    if evaluation.mean_lap_seconds is not None and evaluation.best_lap_seconds is not None:
        parts += [f"mean {evaluation.mean_lap_seconds:.2f} s", f"best {evaluation.best_lap_seconds:.2f} s"]
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
        "steps": attempt.steps,
    }

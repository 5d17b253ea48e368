"""Drives laps with a trained model by `deepracer evaluate`; writes report, plot and video.

ros2 launch deepracer_ros evaluation.launch.py model:=runs/latest track:=oval laps:=3
"""

from launch import LaunchContext, LaunchDescription
from launch.actions import DeclareLaunchArgument, ExecuteProcess, OpaqueFunction, Shutdown
from launch.events.process import ProcessExited
from launch.substitutions import LaunchConfiguration
from launch_ros.substitutions import ExecutableInPackage

OPTIONS = {
    "model": "run or model folder (runs/latest, where ros2 launch was started)",
    "track": "track names or DeepRacer route files, NAME[,NAME] (those it was trained on)",
    "laps": "laps on each track (10)",
    "simulator": "embedded or gazebo",
    "output": "folder of the report (beside the model)",
}
"""Options of `deepracer evaluate`; one that is not given has the command's own default."""


def generate_launch_description() -> LaunchDescription:
    """Return the description."""
    return LaunchDescription(
        [
            *(DeclareLaunchArgument(name, default_value="", description=text) for name, text in OPTIONS.items()),
            OpaqueFunction(function=evaluate),
        ]
    )


def evaluate(context: LaunchContext) -> list[ExecuteProcess]:
    """Return the evaluation's process with the options that were given."""
    options = given(context)
    return [
        ExecuteProcess(
            cmd=[ExecutableInPackage("deepracer", "deepracer_ros"), "evaluate", *options],
            name="evaluation",
            output="screen",
            additional_env={"PYTHONUNBUFFERED": "1"},
            on_exit=end,
        )
    ]


def given(context: LaunchContext) -> list[str]:
    """Return `--NAME VALUE` for each of the options that is not empty."""
    values = {name: LaunchConfiguration(name).perform(context) for name in OPTIONS}
    return [word for name, value in values.items() if value for word in (f"--{name}", value)]


def end(event: ProcessExited, context: LaunchContext) -> Shutdown:
    """End the launch with its process, and with an error if that had one: only an exception makes ros2 launch fail."""
    if event.returncode and not context.is_shutdown:
        raise RuntimeError(f"{event.process_name}: ended with exit code {event.returncode}")
    return Shutdown(reason=f"{event.process_name} has ended")

"""Drives laps with a trained model by `deepracer evaluate`; writes report, plot and video.

ros2 launch deepracer_ros evaluation.launch.py model:=runs/latest track:=oval laps:=3
"""

from launch import LaunchContext, LaunchDescription
from launch.actions import DeclareLaunchArgument, ExecuteProcess, OpaqueFunction
from launch_ros.substitutions import ExecutableInPackage

from deepracer_ros.nodes.launching import end_with, given_options

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
    options = given_options(context, OPTIONS)
    return [
        ExecuteProcess(
            cmd=[ExecutableInPackage("deepracer", "deepracer_ros"), "evaluate", *options],
            name="evaluation",
            output="screen",
            additional_env={"PYTHONUNBUFFERED": "1"},
            on_exit=end_with("deepracer evaluate"),
        )
    ]

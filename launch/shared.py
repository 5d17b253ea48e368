# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Parts of all launch files: their common arguments, a node of this package, an included file, and the end.

A launch file loads this module by its path, since `ros2 launch` puts no folder of launch files on Python's path.
"""

from launch import LaunchContext
from launch.actions import DeclareLaunchArgument, GroupAction, IncludeLaunchDescription, Shutdown
from launch.conditions import IfCondition
from launch.events.process import ProcessExited
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue
from launch_ros.substitutions import FindPackageShare

PACKAGE = "deepracer_ros"
RELATIVE = [("/tf", "tf"), ("/tf_static", "tf_static"), ("/clock", "clock")]
"""Remappings that bring topics with an absolute name into the namespace of a node."""
RESPAWN_DELAY = 2.0
"""Time after which a process that ended is started again with `use_respawn`, s."""
INTERRUPTED = (-2, 130)
"""Exit codes of a process that was ended by Ctrl-C."""


def common_arguments(
    *, params_file: object = "", use_sim_time: str = "true", of: str = "the nodes", respawn: str = ""
) -> list[DeclareLaunchArgument]:
    """Return the declarations of the arguments that every launch file has.

    Args:
        params_file: Default of `params_file`: a path or a substitution.
        use_sim_time: Default of `use_sim_time`.
        of: Whose parameters `params_file` holds.
        respawn: Description of `use_respawn`, where it differs.
    """
    return [
        DeclareLaunchArgument("namespace", default_value="", description="namespace of all nodes"),
        DeclareLaunchArgument(
            "use_sim_time",
            default_value=use_sim_time,
            description="true: nodes take their time from the topic clock; false: from this machine",
        ),
        DeclareLaunchArgument(
            "log_level", default_value="info", description="log level of the nodes: debug, info, warn, error or fatal"
        ),
        DeclareLaunchArgument(
            "use_respawn",
            default_value="false",
            description=respawn or "true: start a node again when it has ended; false: its end ends the launch",
        ),
        DeclareLaunchArgument("params_file", default_value=params_file, description=f"ROS 2 parameter file of {of}"),
        DeclareLaunchArgument(
            "launch-prefix",
            default_value="setpriv --pdeathsig KILL",
            description="prefix of every command; the default ends the process also when the launch is killed",
        ),
    ]


def frame_prefix_argument() -> DeclareLaunchArgument:
    """Return the declaration of `frame_prefix`, which launch files with a car have."""
    return DeclareLaunchArgument(
        "frame_prefix", default_value="", description="prefix of the car's TF frames (not of map), for example car_1/"
    )


def autostart_argument() -> DeclareLaunchArgument:
    """Return the declaration of `autostart`, which launch files with managed nodes have."""
    return DeclareLaunchArgument(
        "autostart",
        default_value="true",
        description="false: the managed nodes wait for a lifecycle manager to configure and activate them",
    )


def autostart() -> dict[str, ParameterValue]:
    """Return the parameter `autostart` of managed nodes with the value of the argument."""
    return {"autostart": ParameterValue(LaunchConfiguration("autostart"), value_type=bool)}


def cars_argument() -> DeclareLaunchArgument:
    """Return the declaration of `cars`, the number of cars that share a road."""
    return DeclareLaunchArgument(
        "cars",
        default_value="1",
        description="cars on the road; several see each other, must not touch, and are all driven by the model",
    )


def config_file(name: str) -> PathJoinSubstitution:
    """Return the path of an installed file of `config/`."""
    return PathJoinSubstitution([FindPackageShare(PACKAGE), "config", name])


def text(context: LaunchContext, name: str) -> str:
    """Return the value of a launch argument."""
    return LaunchConfiguration(name).perform(context)


def is_true(context: LaunchContext, name: str) -> bool:
    """Return the value of a launch argument that is true or false."""
    return IfCondition(LaunchConfiguration(name)).evaluate(context)


def number(context: LaunchContext, name: str) -> int:
    """Return the value of a launch argument that is a number of at least 1.

    Raises:
        RuntimeError: if it is not.
    """
    value = text(context, name)
    if not value.isdecimal() or int(value) < 1:
        raise RuntimeError(f"{name}: found {value!r}, expected a number of at least 1")
    return int(value)


def string(value: str) -> ParameterValue:
    """Return a parameter that is text also where it could be read as another type, such as `7` or `on`."""
    return ParameterValue(value, value_type=str)


def parameter_file(context: LaunchContext) -> list[LaunchConfiguration]:
    """Return the parameter file in a list, which is empty if there is none."""
    return [LaunchConfiguration("params_file")] if text(context, "params_file") else []


def sim_time() -> dict[str, ParameterValue]:
    """Return the parameter `use_sim_time` with the value of the argument."""
    return {"use_sim_time": ParameterValue(LaunchConfiguration("use_sim_time"), value_type=bool)}


def node(
    context: LaunchContext,
    executable: str,
    *parameters: object,
    package: str = PACKAGE,
    once: bool = False,
    **options: object,
) -> Node:
    """Return a node with the common arguments; a node of this package has `params_file`, and its end ends the launch.

    Args:
        context: Context of the launch, with the values of the arguments.
        executable: Name of the executable.
        parameters: Parameters, of which later ones take precedence, also over `params_file`.
        package: Package of the executable.
        once: Whether the node ends when its work is done, and so is never started again.
        options: Further options of the action, for example the command-line arguments of the node.
    """
    ours, respawn = package == PACKAGE, is_true(context, "use_respawn") and not once
    return Node(
        package=package,
        executable=executable,
        exec_name=executable,
        namespace=LaunchConfiguration("namespace"),
        parameters=[*(parameter_file(context) if ours else []), *parameters],
        remappings=RELATIVE,
        ros_arguments=["--log-level", LaunchConfiguration("log_level")],
        output="screen",
        respawn=respawn,
        respawn_delay=RESPAWN_DELAY,
        on_exit=end if ours and not respawn else None,
        **options,
    )


def include(name: str, package: str = PACKAGE, **arguments: object) -> GroupAction:
    """Return the action that includes a launch file of a package.

    The file also gets the arguments of the including file that it declares and that are not given here. None of the
    arguments given here stays set after it.
    """
    path = PathJoinSubstitution([FindPackageShare(package), "launch", name])
    return GroupAction(
        [IncludeLaunchDescription(PythonLaunchDescriptionSource(path), launch_arguments=arguments.items())]
    )


def flat(options: dict[str, str]) -> list[str]:
    """Return options and their values as a flat list, without those whose value is empty."""
    return [word for option, value in options.items() if value for word in (option, value)]


def end(event: ProcessExited, context: LaunchContext) -> Shutdown:
    """Return the action that ends the launch after one of its processes has ended.

    Raises:
        RuntimeError: if the process failed, so that `ros2 launch` fails; Ctrl-C is no failure.
    """
    if event.returncode and event.returncode not in INTERRUPTED and not context.is_shutdown:
        raise RuntimeError(f"{event.process_name}: ended with exit code {event.returncode}")
    return Shutdown(reason=f"{event.process_name} has ended")

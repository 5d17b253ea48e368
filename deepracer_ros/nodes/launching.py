"""What our launch files share; needs `launch`, which comes with a ROS installation."""

from collections.abc import Callable, Iterable

from launch import LaunchContext
from launch.actions import Shutdown
from launch.events.process import ProcessExited
from launch.substitutions import LaunchConfiguration


def given_options(context: LaunchContext, names: Iterable[str]) -> list[str]:
    """Return `--NAME VALUE` for each launch argument of these names that is not empty."""
    values = {name: LaunchConfiguration(name).perform(context) for name in names}
    return [word for name, value in values.items() if value for word in (f"--{name}", value)]


def end_with(process: str) -> Callable[[ProcessExited, LaunchContext], Shutdown]:
    """Return an `on_exit` for a process that ends the launch, which fails if the process did."""

    def end(event: ProcessExited, context: LaunchContext) -> Shutdown:
        if event.returncode and not context.is_shutdown:
            # The one way to make `ros2 launch` itself exit with an error.
            raise RuntimeError(f"{process}: ended with exit code {event.returncode}")
        return Shutdown(reason=f"{process} has ended")

    return end

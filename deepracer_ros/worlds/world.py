"""Gazebo worlds of tracks: SDF 1.6 that Gazebo Classic and gz-sim read.

A world refers to its pictures and meshes as `model://TRACK/FILE`, so the folder `models` beside the
`.world` files belongs on GAZEBO_MODEL_PATH (Classic) or GZ_SIM_RESOURCE_PATH (gz-sim).
"""

import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement

import cv2
import numpy as np
from numpy.typing import NDArray

from deepracer_ros.errors import InputError
from deepracer_ros.race.obstacle import Obstacle
from deepracer_ros.race.track import Track
from deepracer_ros.worlds.mesh import barrier_mesh, ground_mesh, materials
from deepracer_ros.worlds.texture import draw_track, road_edges

Floats = NDArray[np.float64]

CONTROL_RATE = 15
"""Camera frames per second of simulation."""

MARGIN = 0.2
"""Ground in the picture of the track beyond its borders, m; the rest of the ground is of one colour."""


@dataclass(frozen=True)
class WorldConfig:
    """What a world holds besides ground, road and sun, and how finely its physics steps."""

    physics_steps: int = 20
    """Physics steps per camera frame, of equal and fixed size."""
    metres_per_pixel: float = 0.01
    """Resolution of the picture of the road."""
    barriers: bool = False
    """Whether walls stand around the road."""
    barrier_distance: float = 0.3
    """From the border to the wall, m."""
    barrier_height: float = 0.25
    """m."""
    obstacles: int = 0
    """Boxes on the road, evenly spread, left and right in turn."""
    obstacle_height: float = 0.3
    """m."""
    lamps: int = 0
    """Lamps above the road, evenly spread, in addition to the sun."""
    lamp_height: float = 2.0
    """m."""

    def __post_init__(self) -> None:
        """Refuse what makes no world."""
        for name in ("physics_steps", "metres_per_pixel", "barrier_distance", "barrier_height", "obstacle_height"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} {getattr(self, name)}, expected above 0")
        for name in ("obstacles", "lamps"):
            if not 0 <= getattr(self, name) <= 100:
                raise ValueError(f"{name} {getattr(self, name)}, expected 0 to 100")

    @property
    def step_size(self) -> float:
        """Duration of a physics step, s: whole nanoseconds, rounded up lest the camera be due a step later."""
        return ceil(1e9 / (CONTROL_RATE * self.physics_steps)) / 1e9


def write_world(track: Track, folder: Path, config: WorldConfig | None = None) -> Path:
    """Write `NAME.world` and what it shows, `models/NAME/`, into a folder.

    The same track and options always give the same files.

    Returns:
        The world file.

    Raises:
        InputError: if a file cannot be written, or the track is too large for a picture.
    """
    config = config or WorldConfig()
    image = draw_track(track, config.metres_per_pixel, MARGIN)
    models = folder / "models" / track.name
    world = folder / f"{track.name}.world"
    _, png = cv2.imencode(".png", image.rgb[::-1, :, ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 9])
    files = {
        models / f"{track.name}.png": png.tobytes(),
        models / f"{track.name}.mtl": materials(track.name).encode(),
        models / f"{track.name}.obj": ground_mesh(track.name, image).encode(),
        world: _document(world_element(track, config)).encode(),
    }
    if config.barriers:
        files[models / "barrier.obj"] = barrier_mesh(
            track.name, road_edges(track, config.barrier_distance), config.barrier_height
        ).encode()
    try:
        models.mkdir(parents=True, exist_ok=True)
        for path, content in files.items():
            path.write_bytes(content)
    except OSError as error:
        raise InputError(f"{error.filename}: cannot be written ({error.strerror})") from error
    return world


def world_element(track: Track, config: WorldConfig) -> Element:
    """Return the `<sdf>` document of a track's world."""
    sdf = Element("sdf", version="1.6")
    world = SubElement(sdf, "world", name=track.name)
    _physics(world, config)
    scene = SubElement(world, "scene")
    _texts(scene, ambient="0.6 0.6 0.6 1", background="0.62 0.72 0.82 1", shadows="0")
    _texts(_light(world, "sun", "directional", (0.0, 0.0, 10.0), 0.4), direction="-0.2 0.1 -1")
    for number, (x, y, _) in enumerate(_spread(track, config.lamps)):
        lamp = _light(world, f"lamp_{number}", "point", (x, y, config.lamp_height), 0.3)
        _texts(SubElement(lamp, "attenuation"), range="10", constant="0.5", linear="0.1", quadratic="0.05")
    _track(world, track.name)
    if config.barriers:
        _barrier(world, track.name)
    for number, obstacle in enumerate(place_obstacles(track, config.obstacles)):
        _box(world, f"obstacle_{number}", obstacle, config.obstacle_height)
    return sdf


def place_obstacles(track: Track, count: int) -> list[Obstacle]:
    """Return boxes spread evenly over a track, the first to the left of the centre line, the next to its right."""
    stations = (np.arange(count) + 0.5) * track.length / max(count, 1)
    sides = np.where(np.arange(count) % 2 == 0, 0.25, -0.25) * track.width
    return [Obstacle(float(x), float(y), float(yaw)) for x, y, yaw in track.pose_at(stations, sides)]


def _spread(track: Track, count: int) -> Floats:
    """Return poses spread evenly over a track."""
    return track.pose_at((np.arange(count) + 0.5) * track.length / max(count, 1))


def _document(root: Element) -> str:
    ElementTree.indent(root)
    return '<?xml version="1.0"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _texts(parent: Element, **values: str) -> None:
    for tag, text in values.items():
        SubElement(parent, tag).text = text


def _numbers(values: Sequence[float]) -> str:
    return " ".join(f"{value:.6g}" for value in values)


def _physics(world: Element, config: WorldConfig) -> None:
    _texts(world, gravity="0 0 -9.81")
    physics = SubElement(world, "physics", name="fixed_step", type="ode")
    rate = CONTROL_RATE * config.physics_steps
    _texts(physics, max_step_size=f"{config.step_size:.9f}", real_time_factor="1", real_time_update_rate=str(rate))
    solver = SubElement(SubElement(physics, "ode"), "solver")
    _texts(solver, type="quick", iters="50", sor="1.3")


def _light(world: Element, name: str, kind: str, position: Sequence[float], brightness: float) -> Element:
    light = SubElement(world, "light", name=name, type=kind)
    _texts(light, cast_shadows="false", pose=_numbers([*position, 0, 0, 0]))
    colour = _numbers([brightness] * 3 + [1])
    _texts(light, diffuse=colour, specular="0 0 0 1")
    return light


def _static_model(world: Element, name: str, pose: Sequence[float]) -> Element:
    """Add a model that does not move and return its link."""
    model = SubElement(world, "model", name=name)
    _texts(model, static="true", pose=_numbers(pose))
    return SubElement(model, "link", name="link")


def _track(world: Element, name: str) -> None:
    link = _static_model(world, "track", [0.0] * 6)
    collision = SubElement(link, "collision", name="collision")
    plane = SubElement(SubElement(collision, "geometry"), "plane")
    _texts(plane, normal="0 0 1", size="200 200")
    friction = SubElement(SubElement(collision, "surface"), "friction")
    # A contact has the lower friction of its two sides: the tyres decide.
    _texts(SubElement(friction, "ode"), mu="10", mu2="10")
    _mesh(SubElement(link, "visual", name="visual"), f"model://{name}/{name}.obj")


def _barrier(world: Element, name: str) -> None:
    link = _static_model(world, "barrier", [0.0] * 6)
    for tag in ("collision", "visual"):
        _mesh(SubElement(link, tag, name=tag), f"model://{name}/barrier.obj")


def _mesh(parent: Element, uri: str) -> None:
    if parent.tag == "visual":
        _texts(parent, cast_shadows="false")
    _texts(SubElement(SubElement(parent, "geometry"), "mesh"), uri=uri)


def _box(world: Element, name: str, obstacle: Obstacle, height: float) -> None:
    link = _static_model(world, name, [obstacle.x, obstacle.y, height / 2.0, 0.0, 0.0, obstacle.yaw])
    for tag in ("collision", "visual"):
        part = SubElement(link, tag, name=tag)
        box = SubElement(SubElement(part, "geometry"), "box")
        _texts(box, size=_numbers([obstacle.length, obstacle.width, height]))
        if tag == "visual":
            colour = "0.72 0.55 0.36 1"
            _texts(SubElement(part, "material"), ambient=colour, diffuse=colour, specular="0 0 0 1")

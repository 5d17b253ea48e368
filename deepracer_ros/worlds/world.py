# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Gazebo worlds of tracks as SDF 1.6, which Gazebo Classic and gz-sim can read.

A world refers to its pictures and meshes as `model://TRACK/FILE`. So the folder `models` next to the `.world` files
must be on GAZEBO_MODEL_PATH (Classic) or GZ_SIM_RESOURCE_PATH (gz-sim).
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement

import cv2
import numpy as np
from numpy.typing import NDArray

from deepracer_ros.files import replace_folder, replacing, write_error
from deepracer_ros.race.config import ObstaclesConfig
from deepracer_ros.race.control import CONTROL_RATE
from deepracer_ros.race.obstacle import place_obstacles, shape_of
from deepracer_ros.race.track import Track
from deepracer_ros.worlds.config import WorldConfig
from deepracer_ros.worlds.mesh import barrier_mesh, ground_mesh, materials
from deepracer_ros.worlds.sdf import document, numbers, race_object, static_model, texts
from deepracer_ros.worlds.texture import SKY, draw_track, road_edges

Floats = NDArray[np.float64]

MARGIN = 0.2
"""Width of the ground around the road in the picture of a track, m; the ground beyond it has one colour."""


def write_world(
    track: Track, folder: Path, config: WorldConfig | None = None, obstacles: ObstaclesConfig | None = None
) -> Path:
    """Write a track's world `NAME.world` and its models `models/NAME/` into a folder.

    The same track and options always give the same files. The world file is written last, and it is absent while its
    models are replaced. So a reader that finds a world file also finds the models that belong to it.

    Args:
        track: The track.
        folder: Folder to write to; created if it does not exist.
        config: Physics step, resolution, barriers and lamps; by default those of `WorldConfig`.
        obstacles: The objects on the road; by default none.

    Returns:
        Path of the world file.

    Raises:
        InputError: if a file cannot be written, the track is too large for a picture, or the objects do not fit on it.
    """
    config, obstacles = config or WorldConfig(), obstacles or ObstaclesConfig()
    image = draw_track(track, config.metres_per_pixel, MARGIN)
    _, png = cv2.imencode(".png", image.rgb[::-1, :, ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 9])
    files = {
        f"{track.name}.png": png.tobytes(),
        f"{track.name}.mtl": materials(track.name).encode(),
        f"{track.name}.obj": ground_mesh(track.name, image).encode(),
    }
    if config.barriers:
        edges = road_edges(track, config.barrier_distance)
        files["barrier.obj"] = barrier_mesh(track.name, edges, config.barrier_height).encode()
    content = document(world_element(track, config, obstacles)).encode()
    world, models = folder / f"{track.name}.world", folder / "models"
    try:
        models.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise write_error(models, error) from error
    with replacing(world) as temporary:
        temporary.write_bytes(content)
        with _absent(world):
            replace_folder(models / track.name, files)
    return world


@contextmanager
def _absent(world: Path) -> Iterator[None]:
    """Move a world file away for the block, in which its successor is written; restore it if the block fails."""
    # `files.remove_remains` must not restore this file, because its models may be gone: hence its different name.
    old = world.with_name(f".{world.name}.aside.tmp")
    there = world.is_file()
    if there:
        os.replace(world, old)
    try:
        yield
    except BaseException:
        if there:
            os.replace(old, world)
        raise
    old.unlink(missing_ok=True)


def world_element(track: Track, config: WorldConfig, obstacles: ObstaclesConfig) -> Element:
    """Return the `<sdf>` element of a track's world.

    Args:
        track: The track.
        config: Physics step, barriers and lamps.
        obstacles: The objects on the road.

    Raises:
        InputError: if the objects do not fit on the track.
    """
    sdf = Element("sdf", version="1.6")
    world = SubElement(sdf, "world", name=track.name)
    _physics(world, config)
    scene = SubElement(world, "scene")
    texts(scene, ambient="0.6 0.6 0.6 1", background=f"{numbers(SKY)} 1", shadows="0")
    texts(_light(world, "sun", "directional", (0.0, 0.0, 10.0), 0.4), direction="-0.2 0.1 -1")
    for number, (x, y, _) in enumerate(_spread(track, config.lamps)):
        lamp = _light(world, f"lamp_{number}", "point", (x, y, config.lamp_height), 0.3)
        texts(SubElement(lamp, "attenuation"), range="10", constant="0.5", linear="0.1", quadratic="0.05")
    _track(world, track.name)
    if config.barriers:
        _barrier(world, track.name)
    # A world file has no seed, so objects at random positions are drawn with seed 0.
    random = np.random.default_rng(0) if obstacles.random else None
    for number, pose in enumerate(place_obstacles(track, obstacles, random)):
        world.append(race_object(f"obstacle_{number}", pose.tolist(), shape_of(obstacles.kind)))
    return sdf


def _spread(track: Track, count: int) -> Floats:
    """Return poses (count, 3) spread evenly over a track."""
    return track.pose_at((np.arange(count) + 0.5) * track.length / max(count, 1))


def _physics(world: Element, config: WorldConfig) -> None:
    texts(world, gravity="0 0 -9.81")
    physics = SubElement(world, "physics", name="fixed_step", type="ode")
    rate = CONTROL_RATE * config.physics_steps
    texts(physics, max_step_size=f"{config.step_size:.9f}", real_time_factor="1", real_time_update_rate=str(rate))
    solver = SubElement(SubElement(physics, "ode"), "solver")
    texts(solver, type="quick", iters="50", sor="1.3")


def _light(world: Element, name: str, kind: str, position: Sequence[float], brightness: float) -> Element:
    light = SubElement(world, "light", name=name, type=kind)
    texts(light, cast_shadows="false", pose=numbers([*position, 0, 0, 0]))
    colour = numbers([brightness] * 3 + [1])
    texts(light, diffuse=colour, specular="0 0 0 1")
    return light


def _track(world: Element, name: str) -> None:
    model, link = static_model("track", [0.0] * 6)
    world.append(model)
    collision = SubElement(link, "collision", name="collision")
    plane = SubElement(SubElement(collision, "geometry"), "plane")
    texts(plane, normal="0 0 1", size="200 200")
    friction = SubElement(SubElement(collision, "surface"), "friction")
    # A contact has the lower friction of its two surfaces: this high value leaves the friction to the tyres.
    texts(SubElement(friction, "ode"), mu="10", mu2="10")
    _mesh(SubElement(link, "visual", name="visual"), f"model://{name}/{name}.obj")


def _barrier(world: Element, name: str) -> None:
    model, link = static_model("barrier", [0.0] * 6)
    world.append(model)
    for tag in ("collision", "visual"):
        _mesh(SubElement(link, tag, name=tag), f"model://{name}/barrier.obj")


def _mesh(parent: Element, uri: str) -> None:
    if parent.tag == "visual":
        texts(parent, cast_shadows="false")
    texts(SubElement(SubElement(parent, "geometry"), "mesh"), uri=uri)

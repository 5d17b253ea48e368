# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The time-optimal lap of the embedded simulator's car: an optimal control problem, solved by casadi and IPOPT.

The lap is cut by gates, straight lines across the road. At each gate the car has a place on it, a state and commands,
and the time from gate to gate is free. Between two gates the equations of motion are integrated by the trapezoidal rule
(direct collocation; Betts, Practical Methods for Optimal Control Using Nonlinear Programming, chapter 4). This is the
usual formulation over the track (Perantoni and Limebeer, Vehicle System Dynamics 52, 2014) in world coordinates, so a
sharp bend of a route's centre line does no harm.
"""

from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.errors import InputError
from deepracer_ros.race.actions import FASTEST, GREATEST_ANGLE
from deepracer_ros.race.track import Track
from deepracer_ros.race.vehicle import read_vehicle
from deepracer_ros.raceline.gates import SPACING, Gates, make_gates
from deepracer_ros.raceline.line import Raceline
from deepracer_ros.raceline.model import Motion, Node, motion_of
from deepracer_ros.simulation.config import DynamicsConfig
from deepracer_ros.simulation.dynamics import CarModel

Floats = NDArray[np.float64]
GUESSED_SPEED = 1.0
"""Speed at which the first guess follows the centre line, m/s."""
START_SPEED = 0.3
"""Speed at the start of an open track, m/s: that of a car which has just begun to roll."""
ONE_WHEEL = -0.075
"""Margin by which the inner wheels stay on the road by 5 mm, m; the rules ask for one wheel."""
ROUGHNESS = 1e-4
"""Weight of the commands' squared rates in the objective, s per (rad/s)² or (m/s²)²; it prevents chatter."""
LEAST_SPEED = 0.1
"""Lower bound of speeds, m/s."""
STEADY, LONGEST = 1e-4, 0.5
"""Bounds of the time between two gates, s."""


@dataclass(frozen=True)
class Limits:
    """What the driver keeps to.

    Attributes:
        speed: Largest commanded speed, m/s.
        steering: Largest commanded steering angle to either side, rad.
        margin: Least distance of the car's middle from the border, m; negative: how far it may be beyond.
    """

    speed: float = FASTEST
    steering: float = float(np.radians(GREATEST_ANGLE))
    margin: float = ONE_WHEEL


def solve_raceline(
    track: Track, limits: Limits | None = None, dynamics: DynamicsConfig | None = None, seconds: float = 120.0
) -> Raceline:
    """Return the time-optimal lap: a flying lap of a closed track, or the way from standing start to the end.

    Args:
        track: The track.
        limits: What the driver keeps to; by default those of `Limits`.
        dynamics: Parameters of the car's motion; by default those of `DynamicsConfig`.
        seconds: Longest time of the solver, s.

    Raises:
        InputError: if casadi is not installed, or there is no solution within the time.
    """
    limits, ca = limits or Limits(), import_casadi()
    vehicle, dynamics = read_vehicle(), dynamics or DynamicsConfig()
    model = CarModel.of(vehicle, dynamics)
    gates = make_gates(track)
    nodes, steps, constraints = _problem(ca, gates, track, model, vehicle.friction, limits)
    bounds = _bounds(gates, model, limits)
    guess = _guess(gates, track, model)
    at = Node(*ca.vertsplit(nodes))
    objective = ca.sum1(steps) + ROUGHNESS * SPACING * (ca.sumsqr(at.turning) + ca.sumsqr(at.gain))
    solver = ca.nlpsol(
        "lap", "ipopt",
        {"x": ca.veccat(nodes, steps), "f": objective, "g": ca.vertcat(*(c for c, _, _ in constraints))},
        {
            "print_time": False, "ipopt.print_level": 0, "ipopt.sb": "yes", "ipopt.max_wall_time": seconds,
            "ipopt.max_iter": 2000, "ipopt.tol": 1e-6,
        },
    )  # fmt: skip
    low, high = (np.concatenate([np.full(c.shape[0], bound[i]) for c, *bound in constraints]) for i in (0, 1))
    found = solver(x0=guess, lbx=bounds[0], ubx=bounds[1], lbg=low, ubg=high)
    status = solver.stats()["return_status"]
    if status not in ("Solve_Succeeded", "Solved_To_Acceptable_Level"):
        raise InputError(f"{track.name}: found no time-optimal lap ({status}), expected one within {seconds:g} s")
    values = np.array(found["x"]).ravel()
    count = len(gates.station)
    table = values[: count * len(Node._fields)].reshape(count, -1)
    return _raceline(track, gates, Node(*table.T), values[count * len(Node._fields) :], model)


def import_casadi() -> ModuleType:
    """Return the solver's module.

    Raises:
        InputError: if it is not installed.
    """
    try:
        import casadi
    except ImportError as error:
        raise InputError("casadi: found none, expected it installed (pip install 'deepracer_ros[optimal]')") from error
    module: ModuleType = casadi
    return module


def _problem(
    ca: ModuleType,
    gates: Gates,
    track: Track,
    model: CarModel,
    friction: float,
    limits: Limits,
) -> tuple[Any, Any, list[tuple[Any, float, float]]]:
    """Return the nodes (10, K), the times between them (K,), and (constraint, low, high)."""
    count, size = len(gates.station), len(Node._fields)
    one = ca.SX.sym("node", size)
    rate = ca.Function("rate", [one], [ca.vertcat(*motion_of(Node(*ca.vertsplit(one)), model, friction))])
    nodes, steps = ca.MX.sym("nodes", size, count), ca.MX.sym("steps", gates.pieces)
    at, flow = Node(*ca.vertsplit(nodes)), Motion(*ca.vertsplit(rate.map(count)(nodes)))
    first = list(range(gates.pieces))
    order = [(gate + 1) % count for gate in first]
    around = np.zeros(gates.pieces)
    if gates.closed:
        around[-1] = track.turning  # the heading is continuous, so it has grown by a whole turn
    middle, across = gates.middle.T, gates.across.T
    place = [ca.DM(middle[i]).T + at.offset * ca.DM(across[i]).T for i in (0, 1)]
    half = 0.5 * steps.T
    constraints: list[tuple[Any, float, float]] = []

    def joined(values: Any, rates: Any, shift: Floats | None = None) -> None:  # noqa: ANN401
        """Demand that values change from gate to gate by their mean rate."""
        change = values[0, order] - values[0, first] + (0.0 if shift is None else ca.DM(shift).T)
        constraints.append(((change - half * (rates[0, order] + rates[0, first])).T, 0.0, 0.0))

    joined(place[0], flow.x)
    joined(place[1], flow.y)
    joined(at.yaw, flow.yaw, around)
    joined(at.speed, flow.speed)
    joined(at.lateral_speed, flow.lateral_speed)
    joined(at.yaw_rate, flow.yaw_rate)
    joined(at.steering, at.turning)
    joined(at.rim, at.gain)
    thrust, largest = 2.0 * model.thrust, min(limits.steering, model.steering_limit)
    constraints += [
        ((flow.acceleration - at.acceleration).T, 0.0, 0.0),
        (flow.front_drive.T, -thrust, thrust),
        (flow.rear_drive.T, -thrust, thrust),
        ((at.steering + model.steering_lag * at.turning).T, -largest, largest),
        ((at.rim + model.drive_lag * at.gain).T, 0.0, min(limits.speed, model.maximum_speed)),
    ]
    return nodes, steps, constraints


def _bounds(gates: Gates, model: CarModel, limits: Limits) -> tuple[Floats, Floats]:
    """Return the least and the greatest value of all variables."""
    count = len(gates.station)
    fastest = min(limits.speed, model.maximum_speed)
    room = np.zeros(count)
    wide = Node(
        offset=np.maximum(gates.left - limits.margin, room), yaw=gates.heading + 1.2, speed=room + fastest,
        lateral_speed=room + 2.0, yaw_rate=room + 15.0, steering=room + model.steering_limit, rim=room + fastest,
        turning=room + model.steering_rate, gain=room + 60.0, acceleration=room + 10.0,
    )  # fmt: skip
    narrow = Node(
        offset=-np.maximum(gates.right - limits.margin, room), yaw=gates.heading - 1.2, speed=room + LEAST_SPEED,
        lateral_speed=room - 2.0, yaw_rate=room - 15.0, steering=room - model.steering_limit, rim=room + LEAST_SPEED,
        turning=room - model.steering_rate, gain=room - 60.0, acceleration=room - 10.0,
    )  # fmt: skip
    low, high = np.stack(narrow, axis=1), np.stack(wide, axis=1)
    if not gates.closed:  # offset to rim; the rates are free
        start = (0.0, gates.heading[0], START_SPEED, 0.0, 0.0, 0.0, START_SPEED)
        low[0, : len(start)] = high[0, : len(start)] = start
    return (
        np.concatenate([low.ravel(), np.full(gates.pieces, STEADY)]),
        np.concatenate([high.ravel(), np.full(gates.pieces, LONGEST)]),
    )


def _guess(gates: Gates, track: Track, model: CarModel) -> Floats:
    """Return the variables of a car that follows the centre line slowly."""
    count = len(gates.station)
    pace = track.length / gates.pieces
    turning = np.gradient(gates.heading, pace)
    nothing = np.zeros(count)
    steady = Node(
        offset=nothing, yaw=gates.heading, speed=nothing + GUESSED_SPEED, lateral_speed=nothing,
        yaw_rate=turning * GUESSED_SPEED, rim=nothing + GUESSED_SPEED,
        steering=np.arctan(turning * (model.front + model.rear)).clip(-model.steering_limit, model.steering_limit),
        turning=nothing, gain=nothing, acceleration=nothing,
    )  # fmt: skip
    return np.concatenate([np.stack(steady, axis=1).ravel(), np.full(gates.pieces, pace / GUESSED_SPEED)])


def _raceline(track: Track, gates: Gates, nodes: Node, steps: Floats, model: CarModel) -> Raceline:
    place = gates.middle + nodes.offset[:, None] * gates.across
    time = np.concatenate([[0.0], np.cumsum(steps)])
    return Raceline(
        track=track.name,
        lap_seconds=float(time[-1]),
        station=gates.station,
        x=place[:, 0],
        y=place[:, 1],
        yaw=nodes.yaw,
        speed=nodes.speed,
        steering=nodes.steering + model.steering_lag * nodes.turning,
        commanded_speed=nodes.rim + model.drive_lag * nodes.gain,
        time=time[: len(gates.station)],
    )

# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The equations of motion of the embedded simulator as a single-track model of casadi symbols."""

from typing import Any, NamedTuple

from deepracer_ros.simulation.dynamics import GRAVITY, SLOW, CarModel


class Node(NamedTuple):
    """The variables of the car at one place of the lap: a symbol, or a number, for each.

    Attributes:
        offset: Distance of base_link from the gate's middle, m, + left.
        yaw: Heading, rad, not wrapped.
        speed: Speed of the centre of mass forward, m/s.
        lateral_speed: Speed of the centre of mass to the left, m/s.
        yaw_rate: Yaw rate, rad/s, anticlockwise.
        steering: Angle of the virtual middle front wheel, rad, + left.
        rim: Mean circumferential speed of the rear wheels, m/s.
        turning: Rate of `steering`, rad/s.
        gain: Rate of `rim`, m/s².
        acceleration: Forward acceleration by the tyre forces, m/s².
    """

    offset: Any
    yaw: Any
    speed: Any
    lateral_speed: Any
    yaw_rate: Any
    steering: Any
    rim: Any
    turning: Any
    gain: Any
    acceleration: Any


class Motion(NamedTuple):
    """The rates of a node's variables, and the drive forces.

    Attributes:
        x: Velocity of base_link along the world's x, m/s.
        y: Velocity of base_link along the world's y, m/s.
        yaw: Yaw rate, rad/s.
        speed: Rate of `Node.speed`, m/s².
        lateral_speed: Rate of `Node.lateral_speed`, m/s².
        yaw_rate: Rate of `Node.yaw_rate`, rad/s².
        acceleration: Forward acceleration by the tyre forces, m/s².
        front_drive: Drive force of the front axle along its wheels, N.
        rear_drive: Drive force of the rear axle, N.
    """

    x: Any
    y: Any
    yaw: Any
    speed: Any
    lateral_speed: Any
    yaw_rate: Any
    acceleration: Any
    front_drive: Any
    rear_drive: Any


def motion_of(node: Node, model: CarModel, friction: float) -> Motion:
    """Return the rates of the car's variables.

    It is `simulation.dynamics.advance_motion` with the wheels of an axle joined in one (Rajamani, Vehicle Dynamics and
    Control, chapter 2), with the same tyre, Dugoff's over the theoretical slip, and the same load transfer between the
    axles. Load transfer between left and right is left out: it changes the sum of an axle's forces only through the
    differential.

    Args:
        node: Symbols of the car at one place of the lap.
        model: The constants of the car.
        friction: Coefficient of friction between tyres and road.
    """
    import casadi as ca

    base = model.front + model.rear
    share = model.mass / base
    back = share * model.height * node.acceleration
    front_load = share * GRAVITY * model.rear - back
    rear_load = share * GRAVITY * model.front + back
    cosine, sine = ca.cos(node.steering), ca.sin(node.steering)
    front_left = node.lateral_speed + model.front * node.yaw_rate
    rear_left = node.lateral_speed - model.rear * node.yaw_rate
    front_drive, front_side = _axle(
        node.speed * cosine + front_left * sine, front_left * cosine - node.speed * sine, node.rim / cosine,
        friction * front_load, model.stiffness,
    )  # fmt: skip
    rear_drive, rear_side = _axle(node.speed, rear_left, node.rim, friction * rear_load, model.stiffness)
    front_x, front_y = front_drive * cosine - front_side * sine, front_drive * sine + front_side * cosine
    acceleration = (front_x + rear_drive) / model.mass
    aside = node.lateral_speed - model.offset * node.yaw_rate
    heading, across = ca.cos(node.yaw), ca.sin(node.yaw)
    return Motion(
        x=node.speed * heading - aside * across,
        y=node.speed * across + aside * heading,
        yaw=node.yaw_rate,
        speed=acceleration + node.lateral_speed * node.yaw_rate,
        lateral_speed=(front_y + rear_side) / model.mass - node.speed * node.yaw_rate,
        yaw_rate=(model.front * front_y - model.rear * rear_side) / model.yaw_inertia,
        acceleration=acceleration,
        front_drive=front_drive,
        rear_drive=rear_drive,
    )


def _axle(along: Any, across: Any, rim: Any, grip: Any, stiffness: float) -> tuple[Any, Any]:  # noqa: ANN401
    """Return the forces of an axle along and across its wheels, N; see `simulation.dynamics.tyre_compliance`.

    Args:
        along: Velocity of the axle over the road along its wheels, m/s.
        across: Velocity of the axle over the road across its wheels, m/s, + left.
        rim: Circumferential speed of the wheels, m/s.
        grip: Coefficient of friction times load, N.
        stiffness: Tyre force per unit of slip, over load times friction, 1/rad.
    """
    import casadi as ca

    slide = rim - along
    rolling = ca.fmax(rim, SLOW)
    # The small number keeps the root's derivative finite without slip.
    demand = stiffness * ca.sqrt(slide * slide + across * across + 1e-9) / rolling
    give = ca.if_else(demand <= 0.5, 1.0, demand * demand / ca.fmax(demand - 0.25, 0.25))
    force = stiffness * grip / (give * rolling)
    return slide * force, -across * force

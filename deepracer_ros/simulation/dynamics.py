# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Dynamics of a car: a double-track model with tyre slip and load transfer, for one car and one substep at a time."""

from math import cos, sin, sqrt, tan
from typing import NamedTuple

from deepracer_ros.race.compilation import compiled
from deepracer_ros.race.control import CONTROL_PERIOD
from deepracer_ros.race.vehicle import Vehicle
from deepracer_ros.simulation.config import DynamicsConfig

GRAVITY = 9.81
"""Acceleration of gravity, m/s²."""


class CarModel(NamedTuple):
    """The constants of a car's equations of motion.

    Attributes:
        dt: Duration of a substep, s.
        substeps: Number of substeps in a control period.
        mass: Mass of the car, kg.
        yaw_inertia: Moment of inertia about the vertical axis through the centre of mass, kg m².
        front: Distance from the centre of mass forward to the front axle, m.
        rear: Distance from the centre of mass back to the rear axle, m.
        offset: Distance from base_link forward to the centre of mass, m.
        height: Height of the centre of mass above the ground, m.
        front_half: Half the distance between the front wheels, m.
        rear_half: Half the distance between the rear wheels, m.
        stiffness: Tyre force per unit of slip, over load times friction, 1/rad.
        steering_limit: Largest steering angle to either side, rad.
        steering_rate: Largest rate of the steering angle, rad/s.
        steering_lag: Time constant of the steering servo, s.
        drive_lag: Time constant of the speed controller, s.
        thrust: Largest force of the motors on the car through one wheel, N. The part of the torque that accelerates
            the wheel itself is subtracted.
        maximum_speed: Largest commanded speed, m/s.
    """

    dt: float
    substeps: int
    mass: float
    yaw_inertia: float
    front: float
    rear: float
    offset: float
    height: float
    front_half: float
    rear_half: float
    stiffness: float
    steering_limit: float
    steering_rate: float
    steering_lag: float
    drive_lag: float
    thrust: float
    maximum_speed: float

    @classmethod
    def of(cls, vehicle: Vehicle, config: DynamicsConfig) -> "CarModel":
        """Return the constants of a vehicle.

        Args:
            vehicle: Geometry, masses and limits of the car.
            config: Parameters that the URDF does not contain.
        """
        turning_mass = 4.0 * vehicle.wheel_inertia / vehicle.wheel_radius**2
        return cls(
            dt=CONTROL_PERIOD / config.substeps,
            substeps=config.substeps,
            mass=vehicle.mass,
            yaw_inertia=vehicle.yaw_inertia,
            front=vehicle.wheelbase / 2.0 - vehicle.centre_of_mass_x,
            rear=vehicle.wheelbase / 2.0 + vehicle.centre_of_mass_x,
            offset=vehicle.centre_of_mass_x,
            height=vehicle.centre_of_mass_z,
            front_half=vehicle.front_track / 2.0,
            rear_half=vehicle.rear_track / 2.0,
            stiffness=config.slip_stiffness,
            steering_limit=vehicle.steering_limit,
            steering_rate=vehicle.steering_rate,
            steering_lag=config.steering_lag,
            drive_lag=config.drive_lag,
            thrust=vehicle.drive_torque / vehicle.wheel_radius / 4.0 * vehicle.mass / (vehicle.mass + turning_mass),
            maximum_speed=config.maximum_speed,
        )


class Motion(NamedTuple):
    """The state of motion of one car.

    Attributes:
        x: World position of base_link along x, m.
        y: World position of base_link along y, m.
        yaw: Heading, rad, not wrapped.
        speed: Speed of the centre of mass forward, m/s.
        lateral_speed: Speed of the centre of mass to the left, m/s.
        yaw_rate: Yaw rate, anticlockwise, rad/s.
        steering: Angle of the virtual middle front wheel, rad, + left.
        front_left: Circumferential speed of the front left wheel, m/s.
        front_right: Circumferential speed of the front right wheel, m/s.
        rear_left: Circumferential speed of the rear left wheel, m/s.
        rear_right: Circumferential speed of the rear right wheel, m/s.
        acceleration: Forward acceleration by the tyre forces in the last substep, m/s².
        lateral_acceleration: Acceleration to the left by the tyre forces in the last substep, m/s².
    """

    x: float
    y: float
    yaw: float
    speed: float
    lateral_speed: float
    yaw_rate: float
    steering: float
    front_left: float
    front_right: float
    rear_left: float
    rear_right: float
    acceleration: float
    lateral_acceleration: float


SLOW = 0.3
"""Smallest speed in the denominator of the slip, m/s: it keeps the slip finite at rest."""

LEAST_LOAD = 0.1
"""Smallest load of a wheel as a part of its load at rest; it keeps the tyre model finite when a wheel lifts off."""


@compiled
def clip(value: float, low: float, high: float) -> float:
    """Return the value limited to the range from `low` to `high`."""
    return min(max(value, low), high)


@compiled
def tyre_compliance(slide_along: float, slide_across: float, rim: float, grip: float, stiffness: float) -> float:
    """Return the sliding velocity of a tyre per newton of its force, m/s/N, equal along and across the wheel.

    The model is Dugoff's tyre (Dugoff, Fancher and Segel, SAE 700377, 1970) with one stiffness in all directions, over
    the theoretical slip (sliding velocity over the wheel's circumferential speed; Pacejka, Tire and Vehicle Dynamics).
    The force is linear up to half the friction and then approaches the full friction. Forces along and across share
    one friction circle. Below the speed `SLOW` the denominator of the slip is constant. There a tyre acts as a damper,
    so the car rolls in the direction of its wheels even from rest.

    Args:
        slide_along: Circumferential speed of the wheel less its forward velocity over the road, m/s.
        slide_across: Velocity of the wheel over the road along its axle, m/s.
        rim: Circumferential speed of the wheel, m/s.
        grip: Coefficient of friction times load, N.
        stiffness: Tyre force per unit of slip, over load times friction, 1/rad.
    """
    rolling = max(abs(rim), SLOW)
    demand = stiffness * sqrt(slide_along * slide_along + slide_across * slide_across) / rolling
    give = 1.0 if demand <= 0.5 else demand * demand / (demand - 0.25)
    return give * rolling / (stiffness * grip)


@compiled
def advance_axle(
    velocity: tuple[float, float, float],
    tangent: float,
    half: float,
    rims: tuple[float, float],
    goal: float,
    grips: tuple[float, float],
    model: CarModel,
) -> tuple[float, float, float, float, float]:
    """Return the forces of an axle on the car, and the speeds of its wheels after one substep.

    An open differential gives both wheels the same drive force, independent of their paths and loads. So each wheel
    slides by this force times its compliance. The force is limited by the motors and by the wheel with less grip.

    Args:
        velocity: Velocity of the axle's middle forward and to the left, m/s, and the yaw rate, rad/s.
        tangent: Tangent of the angle of the axle's virtual middle wheel; the angles of both wheels follow from the
            Ackermann geometry.
        half: Half the distance between the wheels, m.
        rims: Circumferential speeds of the left and the right wheel, m/s.
        goal: Target of the mean circumferential speed, m/s.
        grips: Coefficient of friction times load of the left and the right wheel, N.
        model: The constants of the car.

    Returns:
        Force forward and force to the left, N; moment about the axle's middle, N m; circumferential speeds of the left
        and the right wheel, m/s.
    """
    forward, left, yaw_rate = velocity
    inwards = tangent * half / (model.front + model.rear)
    left_x, left_y = direction(1.0 - inwards, tangent)
    right_x, right_y = direction(1.0 + inwards, tangent)
    left_forward, right_forward = forward - yaw_rate * half, forward + yaw_rate * half
    left_along, left_across = left_forward * left_x + left * left_y, left * left_x - left_forward * left_y
    right_along, right_across = right_forward * right_x + left * right_y, left * right_x - right_forward * right_y
    left_give = tyre_compliance(rims[0] - left_along, left_across, rims[0], grips[0], model.stiffness)
    right_give = tyre_compliance(rims[1] - right_along, right_across, rims[1], grips[1], model.stiffness)

    mean = 0.5 * (rims[0] + rims[1])
    mean += (goal - mean) * model.dt / model.drive_lag
    most = min(model.thrust, grips[0], grips[1])
    drive = clip((2.0 * mean - left_along - right_along) / (left_give + right_give), -most, most)
    left_side, right_side = -left_across / left_give, -right_across / right_give
    left_force, right_force = drive * left_x - left_side * left_y, drive * right_x - right_side * right_y
    return (
        left_force + right_force,
        drive * (left_y + right_y) + left_side * left_x + right_side * right_x,
        half * (right_force - left_force),
        left_along + drive * left_give,
        right_along + drive * right_give,
    )


@compiled
def direction(x: float, y: float) -> tuple[float, float]:
    """Return the unit vector in the direction of (x, y)."""
    scale = 1.0 / sqrt(x * x + y * y)
    return x * scale, y * scale


@compiled
def wheel_grips(load: float, least: float, lean: float, friction: float) -> tuple[float, float]:
    """Return the coefficient of friction times load, N, of the left and the right wheel of an axle.

    Args:
        load: Load of each wheel without lateral load transfer, N.
        least: Smallest load of a wheel, N.
        lean: Load transferred from the left to the right wheel, N.
        friction: Coefficient of friction between tyres and road.
    """
    return friction * max(load - lean, least), friction * max(load + lean, least)


@compiled
def advance_motion(motion: Motion, steering: float, speed: float, friction: float, model: CarModel) -> Motion:
    """Return the motion of a car after one substep.

    The model is the double-track model (Rajamani, Vehicle Dynamics and Control, chapter 8) with four driven wheels. An
    open differential on each axle holds the mean speed of its wheels at the commanded speed, on the front axle times
    1 / cos(steering). The load of the wheels follows the acceleration of the previous substep without delay, because
    the car has no springs; lateral load transfer is equal on both axles. The integration is semi-implicit Euler.

    Args:
        motion: Motion before the substep.
        steering: Commanded steering angle, rad, + left; limited to the car's largest angle.
        speed: Commanded speed, m/s; limited to the car's largest speed.
        friction: Coefficient of friction between tyres and road.
        model: The constants of the car.
    """
    dt = model.dt
    steering = clip(steering, -model.steering_limit, model.steering_limit)
    speed = clip(speed, -model.maximum_speed, model.maximum_speed)
    turning = clip((steering - motion.steering) / model.steering_lag, -model.steering_rate, model.steering_rate)
    angle = motion.steering + turning * dt
    tangent = tan(angle)

    share = 0.5 * model.mass / (model.front + model.rear)
    front_rest, rear_rest = share * GRAVITY * model.rear, share * GRAVITY * model.front
    back = share * model.height * motion.acceleration
    lean = 0.25 * model.mass * model.height * motion.lateral_acceleration

    forward, left, yaw_rate = motion.speed, motion.lateral_speed, motion.yaw_rate
    front_x, front_y, front_moment, front_left, front_right = advance_axle(
        (forward, left + model.front * yaw_rate, yaw_rate),
        tangent,
        model.front_half,
        (motion.front_left, motion.front_right),
        speed * sqrt(1.0 + tangent * tangent),
        wheel_grips(front_rest - back, LEAST_LOAD * front_rest, lean / model.front_half, friction),
        model,
    )
    rear_x, rear_y, rear_moment, rear_left, rear_right = advance_axle(
        (forward, left - model.rear * yaw_rate, yaw_rate),
        0.0,
        model.rear_half,
        (motion.rear_left, motion.rear_right),
        speed,
        wheel_grips(rear_rest + back, LEAST_LOAD * rear_rest, lean / model.rear_half, friction),
        model,
    )
    acceleration, lateral_acceleration = (front_x + rear_x) / model.mass, (front_y + rear_y) / model.mass
    moment = model.front * front_y - model.rear * rear_y + front_moment + rear_moment
    forward += dt * (acceleration + left * yaw_rate)
    left += dt * (lateral_acceleration - motion.speed * yaw_rate)
    yaw_rate += dt * moment / model.yaw_inertia

    middle = motion.yaw + 0.5 * dt * yaw_rate
    cosine, sine = cos(middle), sin(middle)
    aside = left - model.offset * yaw_rate
    return Motion(
        motion.x + dt * (forward * cosine - aside * sine),
        motion.y + dt * (forward * sine + aside * cosine),
        motion.yaw + dt * yaw_rate,
        forward,
        left,
        yaw_rate,
        angle,
        front_left,
        front_right,
        rear_left,
        rear_right,
        acceleration,
        lateral_acceleration,
    )

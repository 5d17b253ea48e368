"""How a car moves: a dynamic single-track model with tyre slip, one car and one substep at a time."""

from dataclasses import dataclass
from math import cos, inf, sin, sqrt
from typing import NamedTuple

from deepracer_ros.race.compilation import compiled
from deepracer_ros.simulation.simulator import CONTROL_PERIOD
from deepracer_ros.simulation.vehicle import Vehicle

GRAVITY = 9.81
"""m/s²."""


@dataclass(frozen=True)
class DynamicsConfig:
    """What the URDF does not say of the car's motion.

    Attributes:
        substeps: Of the integration in one control period; 20 are 1/300 s each.
        slip_stiffness: Tyre force per unit of slip, over load times friction. 5 1/rad is what was
            identified for a 1/10 car on its tyres (4.72 front, 5.46 rear: O'Kelly et al., F1TENTH,
            NeurIPS 2019 Competition Track).
        steering_lag: Time constant of the steering servo near its goal, s; far from it the URDF's
            rate limits. A small servo's position loop settles within one 50 Hz pulse period or two.
        drive_lag: Time constant of the speed controller, s, while the motors' torque suffices. Estimated:
            no identification of the real drive is published.
        maximum_speed: Of the commands, m/s (DeepRacer's action space ends at 4).
        latency: Time from a frame to the command that answers it taking effect, s.
    """

    substeps: int = 20
    slip_stiffness: float = 5.0
    steering_lag: float = 0.03
    drive_lag: float = 0.06
    maximum_speed: float = 4.0
    latency: float = 0.0


class CarModel(NamedTuple):
    """The constants of the equations of motion; distances are from the centre of mass.

    Attributes:
        dt: Substep, s.
        substeps: In a control period.
        mass: kg.
        yaw_inertia: kg m².
        front: Distance of the front axle, m.
        rear: Distance of the rear axle, m.
        offset: Of the centre of mass ahead of base_link, m.
        stiffness: As of `DynamicsConfig.slip_stiffness`.
        steering_limit: rad.
        steering_rate: rad/s.
        steering_lag: s.
        drive_lag: s.
        thrust: Largest force that the motors give through the wheels, N.
        maximum_speed: m/s.
    """

    dt: float
    substeps: int
    mass: float
    yaw_inertia: float
    front: float
    rear: float
    offset: float
    stiffness: float
    steering_limit: float
    steering_rate: float
    steering_lag: float
    drive_lag: float
    thrust: float
    maximum_speed: float

    @classmethod
    def of(cls, vehicle: Vehicle, config: DynamicsConfig) -> "CarModel":
        """Return the constants for a vehicle."""
        return cls(
            dt=CONTROL_PERIOD / config.substeps,
            substeps=config.substeps,
            mass=vehicle.mass,
            yaw_inertia=vehicle.yaw_inertia,
            front=vehicle.wheelbase / 2.0 - vehicle.centre_of_mass_x,
            rear=vehicle.wheelbase / 2.0 + vehicle.centre_of_mass_x,
            offset=vehicle.centre_of_mass_x,
            stiffness=config.slip_stiffness,
            steering_limit=vehicle.steering_limit,
            steering_rate=vehicle.steering_rate,
            steering_lag=config.steering_lag,
            drive_lag=config.drive_lag,
            thrust=vehicle.drive_torque / vehicle.wheel_radius,
            maximum_speed=config.maximum_speed,
        )


class Motion(NamedTuple):
    """The state of one car; the pose is base_link's, the velocity the centre of mass's in the car's frame.

    Attributes:
        x: m.
        y: m.
        yaw: rad, not wrapped.
        speed: Longitudinal, m/s.
        lateral_speed: To the left, m/s.
        yaw_rate: rad/s.
        steering: Angle of the (virtual, middle) front wheel, rad.
        wheel_speed: Circumferential speed of the wheels, referred to base_link, m/s.
    """

    x: float
    y: float
    yaw: float
    speed: float
    lateral_speed: float
    yaw_rate: float
    steering: float
    wheel_speed: float


SLOW = 0.3
"""Slip is measured against no less than this speed (m/s), so that it stays finite at rest."""


@compiled
def clip(value: float, low: float, high: float) -> float:
    """Return the value, or the limit that it exceeds."""
    return min(max(value, low), high)


@compiled
def tyre_force(along: float, across: float, wheel_speed: float, grip: float, stiffness: float) -> tuple[float, float]:
    """Return the force of an axle on the car, N, along and across its wheels.

    Dugoff's tyre (Dugoff, Fancher and Segel, SAE 700377, 1970) with one stiffness in all directions,
    over the theoretical slip (sliding velocity over the wheel's circumferential speed; Pacejka, Tire
    and Vehicle Dynamics): linear up to half the friction, then bending towards all of it. Forces along
    and across share one friction circle. Below `SLOW` the denominator stays, so a tyre acts as a
    damper there and the car rolls where its wheels point, at rest too.

    Args:
        along: Velocity of the axle along its wheels, m/s.
        across: Velocity of the axle to the left of its wheels, m/s.
        wheel_speed: Circumferential speed of the wheels, m/s.
        grip: Friction times load, N.
        stiffness: As of `DynamicsConfig.slip_stiffness`.
    """
    slide_along, slide_across = wheel_speed - along, -across
    rolling = max(abs(wheel_speed), SLOW)
    demand = stiffness * sqrt(slide_along * slide_along + slide_across * slide_across) / rolling
    bend = 1.0 if demand <= 0.5 else (1.0 - 0.25 / demand) / demand
    scale = bend * grip * stiffness / rolling
    return scale * slide_along, scale * slide_across


@compiled
def slip_of(share: float, stiffness: float) -> float:
    """Return the slip at which a tyre's force is that share of its grip, the inverse of `tyre_force`; inf from 1 on."""
    if share >= 1.0:
        return inf
    return (share if share <= 0.5 else 0.25 / (1.0 - share)) / stiffness


@compiled
def advance_motion(motion: Motion, steering: float, speed: float, friction: float, model: CarModel) -> Motion:
    """Return the motion one substep later.

    The single-track model (Rajamani, Vehicle Dynamics and Control, chapter 2) with four driven
    wheels: both axles turn as fast as the car's speed asks of them, the front one 1 / cos(steering)
    faster, as differentials let them. What the motors' torque cannot hold, the wheels' speed gives
    way to. Load is shared by the position of the centre of mass alone. Semi-implicit Euler.

    Args:
        motion: Now.
        steering: Commanded angle, rad, + left; the limit of the car is applied.
        speed: Commanded speed, m/s; the limit of the car is applied.
        friction: Coefficient of the tyres on this road.
        model: The car.
    """
    dt = model.dt
    steering = clip(steering, -model.steering_limit, model.steering_limit)
    speed = clip(speed, -model.maximum_speed, model.maximum_speed)
    turning = clip((steering - motion.steering) / model.steering_lag, -model.steering_rate, model.steering_rate)
    angle = motion.steering + turning * dt
    weight = model.mass * GRAVITY
    slack = slip_of(model.thrust / (friction * weight), model.stiffness) * max(abs(motion.wheel_speed), SLOW)
    wheel_speed = motion.wheel_speed + (speed - motion.wheel_speed) * dt / model.drive_lag
    wheel_speed = clip(wheel_speed, motion.speed - slack, motion.speed + slack)

    cosine, sine = cos(angle), sin(angle)
    forward, left, yaw_rate = motion.speed, motion.lateral_speed, motion.yaw_rate
    grip = friction * weight / (model.front + model.rear)
    front_left = left + model.front * yaw_rate
    front_along, front_across = tyre_force(
        forward * cosine + front_left * sine,
        front_left * cosine - forward * sine,
        wheel_speed / cosine,
        grip * model.rear,
        model.stiffness,
    )
    rear_along, rear_across = tyre_force(
        forward, left - model.rear * yaw_rate, wheel_speed, grip * model.front, model.stiffness
    )
    force_x = front_along * cosine - front_across * sine + rear_along
    force_front = front_along * sine + front_across * cosine
    forward += dt * (force_x / model.mass + left * yaw_rate)
    left += dt * ((force_front + rear_across) / model.mass - motion.speed * yaw_rate)
    yaw_rate += dt * (model.front * force_front - model.rear * rear_across) / model.yaw_inertia

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
        wheel_speed,
    )

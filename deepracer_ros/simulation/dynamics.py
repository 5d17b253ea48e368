"""How a car moves: a double-track model with tyre slip and load transfer, one car and one substep at a time."""

from math import cos, sin, sqrt, tan
from typing import NamedTuple

from deepracer_ros.race.compilation import compiled
from deepracer_ros.race.control import CONTROL_PERIOD
from deepracer_ros.race.vehicle import Vehicle
from deepracer_ros.simulation.config import DynamicsConfig

GRAVITY = 9.81
"""m/s²."""


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
        height: Of the centre of mass, m.
        front_half: Half the distance of the front wheels, m.
        rear_half: Half the distance of the rear wheels, m.
        stiffness: As of `DynamicsConfig.slip_stiffness`.
        steering_limit: rad.
        steering_rate: rad/s.
        steering_lag: s.
        drive_lag: s.
        thrust: Largest force that the motors give through one wheel, N, beside what turns the wheel ever faster.
        maximum_speed: m/s.
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
        """Return the constants for a vehicle."""
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
    """The state of one car; the pose is base_link's, the velocity the centre of mass's in the car's frame.

    Attributes:
        x: m.
        y: m.
        yaw: rad, not wrapped.
        speed: Longitudinal, m/s.
        lateral_speed: To the left, m/s.
        yaw_rate: rad/s.
        steering: Angle of the (virtual, middle) front wheel, rad.
        front_left: Circumferential speed of that wheel, m/s.
        front_right: Likewise.
        rear_left: Likewise.
        rear_right: Likewise.
        acceleration: That the tyres give forward, m/s².
        lateral_acceleration: That they give to the left, m/s².
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
"""Slip is measured against no less than this speed (m/s), so that it stays finite at rest."""

LEAST_LOAD = 0.1
"""Of that at rest: a wheel that lifts off has no grip to be counted."""


@compiled
def clip(value: float, low: float, high: float) -> float:
    """Return the value, or the limit that it exceeds."""
    return min(max(value, low), high)


@compiled
def tyre_compliance(slide_along: float, slide_across: float, rim: float, grip: float, stiffness: float) -> float:
    """Return by how much a tyre slides for every newton that it gives, m/s/N; along and across alike.

    Dugoff's tyre (Dugoff, Fancher and Segel, SAE 700377, 1970) with one stiffness in all directions,
    over the theoretical slip (sliding velocity over the wheel's circumferential speed; Pacejka, Tire
    and Vehicle Dynamics): linear up to half the friction, then bending towards all of it. Forces along
    and across share one friction circle. Below `SLOW` the denominator stays, so a tyre acts as a
    damper there and the car rolls where its wheels point, at rest too.

    Args:
        slide_along: Circumferential speed less the velocity over the road, m/s.
        slide_across: Velocity over the road along the axle, m/s.
        rim: Circumferential speed, m/s.
        grip: Friction times load, N.
        stiffness: As of `DynamicsConfig.slip_stiffness`.
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
    """Return what an axle does to the car, and how fast its wheels turn one substep later.

    An open differential gives both wheels the same force, whatever their ways over the road and their
    loads are, so each slides by that force times its compliance. The force is no more than what the
    motors give, and than what the wheel with less grip holds.

    Args:
        velocity: Of the axle's middle forward and to the left, m/s, and the yaw rate, rad/s.
        tangent: Of the angle of the axle's virtual middle wheel; Ackermann's geometry gives those of both wheels.
        half: Half the distance of the wheels, m.
        rims: Circumferential speeds of the left and the right wheel, m/s.
        goal: Of their mean, m/s.
        grips: Friction times load of the left and the right wheel, N.
        model: The car.

    Returns:
        Force forward and to the left, N; moment about the axle's middle, N m; circumferential speeds of the left
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
    """Return the unit vector along (x, y)."""
    scale = 1.0 / sqrt(x * x + y * y)
    return x * scale, y * scale


@compiled
def wheel_grips(load: float, least: float, lean: float, friction: float) -> tuple[float, float]:
    """Return friction times load, N, of the left and the right wheel.

    Args:
        load: Of either, without the lean, N.
        least: That is counted of either, N.
        lean: Load that goes from the left to the right, N.
        friction: Coefficient.
    """
    return friction * max(load - lean, least), friction * max(load + lean, least)


@compiled
def advance_motion(motion: Motion, steering: float, speed: float, friction: float, model: CarModel) -> Motion:
    """Return the motion one substep later.

    The double-track model (Rajamani, Vehicle Dynamics and Control, chapter 8) with four driven wheels: an
    open differential on each axle keeps the mean speed of its wheels at what the car's speed asks of it,
    the front one's 1 / cos(steering) larger. Load moves between the wheels with the acceleration of the
    substep before, at once: the car has no springs, and leans on both axles alike. Semi-implicit Euler.

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

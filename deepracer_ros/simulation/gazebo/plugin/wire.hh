// Copyright 2026 deepracer_ros maintainers
// SPDX-License-Identifier: Apache-2.0

// The lock-step protocol between a Gazebo world and its one client at a time: a stream of messages, little-endian,
// each a header of 16 bytes and a payload. The client asks, the world answers; deepracer_ros/simulation/gazebo/wire.py
// is the other end. Change VERSION with any change here.
//
//   request   payload                                            answer's payload
//   HELLO     -                                                  Hello
//   RESET     cars x ResetCommand                                double time, cars x CarState, cars x image
//   STEP      cars x StepCommand                                 double time, cars x CarState, cars x image
//   SPAWN     Placement, name, newline, a model's SDF or URDF    why it was refused, one line; empty if it was not
//   DELETE    name                                               why it was refused, one line; empty if it was not
//
// A model comes, or goes, within the next control periods.
// An answer carries the request's kind. ERROR answers a message that cannot be understood: its payload is one line of
// text, after which the world closes the connection and waits for the next client.
#pragma once

#include <cstdint>

namespace deepracer
{
constexpr uint32_t MAGIC = 0x5a475244;  // "DRGZ"
constexpr uint16_t VERSION = 2;

enum Kind : uint16_t
{
  HELLO = 1,
  RESET = 2,
  STEP = 3,
  SPAWN = 4,
  DELETE = 5,
  ERROR = 255
};

struct Header
{
  uint32_t magic;
  uint16_t version;
  uint16_t kind;
  uint32_t cars;
  uint32_t length;  // of the payload, bytes
};
static_assert(sizeof(Header) == 16, "packed");

struct Hello
{
  uint32_t width, height, channels;  // of one image
  uint32_t iterations;               // physics steps in one control period
  double period;                     // s
};
static_assert(sizeof(Hello) == 24, "packed");

// Puts a car at rest on a pose; no time passes for any car.
struct ResetCommand
{
  double moved;  // 0: this car stays as it is
  double x, y, yaw;
};
static_assert(sizeof(ResetCommand) == 32, "packed");

struct StepCommand
{
  double axles[2];   // rad/s: the mean of the front and of the rear wheels
  double hinges[2];  // rad: left, right
};
static_assert(sizeof(StepCommand) == 32, "packed");

constexpr uint32_t LONGEST_TEXT = 1 << 20;  // of a SPAWN or DELETE, bytes

struct Placement
{
  double x, y, z, roll, pitch, yaw;  // of the model in the world, m and rad
};
static_assert(sizeof(Placement) == 48, "packed");

struct CarState
{
  double x, y, z, roll, pitch, yaw;  // of base_link in the world, m and rad
  double vx, vy, vz;                 // of base_link in its own frame, m/s
  double yaw_rate;                   // rad/s
  double hinges[2];                  // rad: left, right
};
static_assert(sizeof(CarState) == 96, "packed");
}  // namespace deepracer

// Copyright 2026 deepracer_ros maintainers
// SPDX-License-Identifier: Apache-2.0

// A Gazebo Classic world that stands still until its client asks for the next control period.
//
// The world thread blocks in WorldUpdateBegin on a socket, applies the command, lets the physics run a whole number of
// steps, waits for the camera frame of exactly the last of them, and answers with states and images. Needs
// `gzserver --lockstep` and cameras whose period is that same number of steps.
//
//   <plugin name="lockstep" filename="...">
//     <socket>3</socket>              an inherited, listening unix socket
//     <iterations>16</iterations>     physics steps in one control period
//     <wheel_effort>0.1</wheel_effort>        N m
//     <drive_lag>0.06</drive_lag>             s
//     <steering_effort>0.5</steering_effort>  N m
//     <steering_rate>6.5</steering_rate>      rad/s
//     <steering_lag>0.03</steering_lag>       s
//     <wheel_radius>0.035</wheel_radius>      m
//     <friction>0.8</friction>
//     <slip_compliance>0.25</slip_compliance> slip per share of the load that a tyre gives along or across the road
//     <car>car_0</car> ...            model names, in the order of the wire
//   </plugin>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include <gazebo/common/Events.hh>
#include <gazebo/common/Plugin.hh>
#include <gazebo/physics/ode/ODESurfaceParams.hh>
#include <gazebo/physics/physics.hh>
#include <gazebo/sensors/CameraSensor.hh>
#include <gazebo/sensors/SensorManager.hh>
#include <gazebo/transport/transport.hh>

#include "wire.hh"

namespace deepracer
{
using gazebo::common::Time;

constexpr const char *WHEELS[4] = {"front_left_wheel_joint", "front_right_wheel_joint", "rear_left_wheel_joint",
                                   "rear_right_wheel_joint"};
constexpr const char *HINGES[2] = {"left_steering_hinge", "right_steering_hinge"};
constexpr double SLOW = 0.5;          // m/s, below which slip is measured against this speed: it stays finite at rest
constexpr double LEAST_LOAD = 0.1;    // of that at rest: a wheel that lifts off has no grip to be counted
constexpr double SETTLED = -2.2e-4;   // m, base_link of a car at rest: what its weight presses the tyres into the ground
constexpr int POLL_MS = 100;      // how often a blocked wait looks whether the server is ending
constexpr int FRAME_WAIT_S = 20;  // a frame that takes longer never comes

// What the client sent or did ends its connection, never the server.
struct Disconnected : std::runtime_error
{
  using std::runtime_error::runtime_error;
};

// The server is being shut down.
struct Stopped : std::exception
{
};

// One client at a time on an inherited listening socket; every wait notices the end of the server.
class Connection
{
public:
  void Listen(int socket) { this->listener = socket; }
  void Stop() { this->stopping = true; }

  void AwaitClient()
  {
    while (this->client < 0)
    {
      this->Await(this->listener);
      const int candidate = accept(this->listener, nullptr, nullptr);
      if (candidate < 0)
        continue;
      ucred peer{};
      socklen_t size = sizeof(peer);
      if (getsockopt(candidate, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == getuid())
        this->client = candidate;
      else
        close(candidate);
    }
  }

  void Receive(void *data, size_t length)
  {
    auto bytes = static_cast<char *>(data);
    while (length > 0)
    {
      this->Await(this->client);
      const ssize_t got = recv(this->client, bytes, length, 0);
      if (got <= 0)
        throw Disconnected("the client went away");
      bytes += got;
      length -= got;
    }
  }

  void Send(const void *data, size_t length)
  {
    auto bytes = static_cast<const char *>(data);
    while (length > 0)
    {
      const ssize_t sent = send(this->client, bytes, length, MSG_NOSIGNAL);
      if (sent <= 0)
        throw Disconnected("the client went away");
      bytes += sent;
      length -= sent;
    }
  }

  void Drop()
  {
    close(this->client);
    this->client = -1;
  }

  bool HasClient() const { return this->client >= 0; }

private:
  void Await(int socket)
  {
    pollfd entry{socket, POLLIN, 0};
    while (poll(&entry, 1, POLL_MS) <= 0)
      if (this->stopping)
        throw Stopped();
  }

  int listener = -1;
  int client = -1;
  std::atomic<bool> stopping{false};
};

// How a wheel moves, m/s.
struct Motion
{
  double rim;     // of its circumference
  double along;   // of its centre over the ground, where it rolls
  double across;  // of its centre, along its axle
};

struct Car
{
  gazebo::physics::ModelPtr model;
  gazebo::physics::LinkPtr base;
  gazebo::physics::JointPtr wheels[4], hinges[2];
  boost::shared_ptr<gazebo::physics::ODESurfaceParams> tyres[4];
  double loads[4];  // of the wheels at rest, N
  ignition::math::Vector2d transfers[4];  // what a wheel's load grows by per acceleration ahead and to the left, N s2/m
  ignition::math::Vector3d velocity;      // of base_link in the world one physics step ago, m/s
  gazebo::sensors::CameraSensorPtr camera;
  gazebo::event::ConnectionPtr updated;
  StepCommand command{};
  Time frame_time;  // of `image`
  std::vector<uint8_t> image;
};

class Lockstep : public gazebo::WorldPlugin
{
public:
  void Load(gazebo::physics::WorldPtr _world, sdf::ElementPtr _sdf) override
  {
    this->world = _world;
    this->node.reset(new gazebo::transport::Node());
    this->node->Init(this->world->Name());
    this->connection.Listen(_sdf->Get<int>("socket"));
    this->iterations = _sdf->Get<unsigned>("iterations");
    this->wheel_effort = _sdf->Get<double>("wheel_effort");
    this->drive_lag = _sdf->Get<double>("drive_lag");
    this->steering_effort = _sdf->Get<double>("steering_effort");
    this->steering_rate = _sdf->Get<double>("steering_rate");
    this->steering_lag = _sdf->Get<double>("steering_lag");
    this->wheel_radius = _sdf->Get<double>("wheel_radius");
    this->friction = _sdf->Get<double>("friction");
    this->slip_compliance = _sdf->Get<double>("slip_compliance");
    for (auto name = _sdf->GetElement("car"); name; name = name->GetNextElement("car"))
      this->cars.push_back(this->Find(name->Get<std::string>()));
    this->stop = gazebo::event::Events::ConnectStop([this] { this->connection.Stop(); });
    this->interrupt = gazebo::event::Events::ConnectSigInt([this] { this->connection.Stop(); });
    this->world->SetPhysicsEnabled(false);
    this->update = gazebo::event::Events::ConnectWorldUpdateBegin(
        [this](const gazebo::common::UpdateInfo &_info) { this->OnUpdate(_info); });
  }

private:
  std::unique_ptr<Car> Find(const std::string &_name)
  {
    auto car = std::make_unique<Car>();
    car->model = this->world->ModelByName(_name);
    if (!car->model)
      gzthrow("lockstep: no model named " + _name);
    car->base = car->model->GetLink("base_link");
    for (int i = 0; i < 4; ++i)
    {
      car->wheels[i] = this->Joint(*car, WHEELS[i], this->wheel_effort);
      car->tyres[i] = boost::dynamic_pointer_cast<gazebo::physics::ODESurfaceParams>(
          car->wheels[i]->GetChild()->GetCollision(0)->GetSurface());
      if (!car->tyres[i])
        gzthrow("lockstep: no ODE contact on " + std::string(WHEELS[i]));
    }
    for (int i = 0; i < 2; ++i)
      car->hinges[i] = this->Joint(*car, HINGES[i], this->steering_effort);
    this->Weigh(*car);
    car->camera = std::dynamic_pointer_cast<gazebo::sensors::CameraSensor>(
        gazebo::sensors::SensorManager::Instance()->GetSensor(car->base->GetScopedName(true) + "::camera_link"));
    if (!car->camera)
      gzthrow("lockstep: no camera_link on " + _name);
    car->camera->SetActive(true);
    car->image.resize(3 * car->camera->ImageWidth() * car->camera->ImageHeight());
    Car *raw = car.get();
    car->updated = car->camera->ConnectUpdated([this, raw] { this->OnFrame(*raw); });
    return car;
  }

  // Shares the car's weight out among its wheels, at rest and as it leans back and out of a curve.
  void Weigh(Car &_car) const
  {
    double mass = 0;
    ignition::math::Vector3d centre;
    for (const auto &link : _car.model->GetLinks())
    {
      mass += link->GetInertial()->Mass();
      const auto at = (link->GetInertial()->Pose() + link->InitialRelativePose()).Pos();
      centre += link->GetInertial()->Mass() * at;
    }
    centre /= mass;
    ignition::math::Vector3d at[4];
    for (int i = 0; i < 4; ++i)
      at[i] = _car.wheels[i]->GetChild()->InitialRelativePose().Pos();
    const double weight = mass * this->world->Gravity().Length();
    for (int i = 0; i < 4; ++i)
    {
      const double other = at[i < 2 ? 2 : 0].X(), wheelbase = at[i].X() - other;  // negative behind
      _car.loads[i] = 0.5 * weight * (centre.X() - other) / wheelbase;
      _car.transfers[i] = {-0.5 * mass * centre.Z() / wheelbase, -0.5 * mass * centre.Z() / (2.0 * at[i].Y())};
    }
  }

  gazebo::physics::JointPtr Joint(const Car &_car, const std::string &_name, double _effort)
  {
    auto joint = _car.model->GetJoint(_name);
    if (!joint)
      gzthrow("lockstep: no joint " + _name + " on " + _car.model->GetName());
    joint->SetParam("fmax", 0, _effort);
    joint->SetParam("vel", 0, 0.0);
    return joint;
  }

  // In the rendering thread.
  void OnFrame(Car &_car)
  {
    const unsigned char *data = _car.camera->ImageData();
    if (!data)
      return;
    std::lock_guard<std::mutex> lock(this->frames);
    std::memcpy(_car.image.data(), data, _car.image.size());
    _car.frame_time = _car.camera->LastMeasurementTime();
    this->arrived.notify_one();
  }

  // In the physics thread, before each physics step; _info.simTime is the time after that step.
  void OnUpdate(const gazebo::common::UpdateInfo &_info)
  {
    const Time now = _info.simTime - Time(this->world->Physics()->GetMaxStepSize());
    if (!this->aligned && !this->Align(now))
      return;
    try
    {
      if (this->remaining == 0)
        this->Exchange(now);
      --this->remaining;
      this->Actuate();
    }
    catch (const Stopped &)
    {
      this->update.reset();
    }
  }

  // Control periods begin where the cameras' own clock stands: the world runs, without moving, until one frame has
  // just been taken at its present time, which shows in the next frame being due one period from now.
  bool Align(const Time &_now)
  {
    const double step = this->world->Physics()->GetMaxStepSize();
    const double next = _now.Double() + this->iterations * step;
    this->aligned = std::all_of(this->cars.begin(), this->cars.end(), [next, step](const auto &car) {
      return std::abs(car->camera->NextRequiredTimestamp() - next) < 0.5 * step;  // false for the NaN before the first
    });
    this->start = _now;
    return this->aligned;
  }

  // Answers the request that has just been carried out and takes the next one that lets time pass.
  void Exchange(const Time &_now)
  {
    this->AwaitFrames(_now);
    this->world->SetPhysicsEnabled(true);
    while (this->remaining == 0)
    {
      try
      {
        if (!this->connection.HasClient())
        {
          this->connection.AwaitClient();
          this->pending = 0;
        }
        if (this->pending != 0)
          this->AnswerWithStates(_now);
        this->pending = 0;
        this->TakeRequest();
      }
      catch (const Disconnected &reason)
      {
        gzmsg << "lockstep: " << reason.what() << std::endl;
        this->connection.Drop();
      }
    }
  }

  void AwaitFrames(const Time &_now)
  {
    std::unique_lock<std::mutex> lock(this->frames);
    const bool complete = this->arrived.wait_for(lock, std::chrono::seconds(FRAME_WAIT_S), [this, &_now] {
      return std::all_of(this->cars.begin(), this->cars.end(),
                         [&_now](const auto &car) { return car->frame_time == _now; });
    });
    if (!complete)
      gzthrow("lockstep: no camera frame of simulation time " + std::to_string(_now.Double()));
  }

  void TakeRequest()
  {
    Header header{};
    this->connection.Receive(&header, sizeof(header));
    if (header.magic != MAGIC || header.version != VERSION)
      this->Refuse("found version " + std::to_string(header.version) + ", expected " + std::to_string(VERSION));
    if (header.kind == SPAWN || header.kind == DELETE)
      return this->TakeModel(header.kind, header.length);
    const size_t count = this->cars.size();
    const size_t lengths[] = {0, count * sizeof(ResetCommand), count * sizeof(StepCommand)};
    if (header.kind < HELLO || header.kind > STEP || header.length != lengths[header.kind - HELLO] ||
        (header.kind != HELLO && header.cars != count))
      this->Refuse("found kind " + std::to_string(header.kind) + " for " + std::to_string(header.cars) + " cars in " +
                   std::to_string(header.length) + " bytes, expected a request for " + std::to_string(count) + " cars");
    if (header.kind == HELLO)
      return this->AnswerHello();
    if (header.kind == RESET)
      this->TakeReset();
    else
      this->TakeStep();
    this->pending = header.kind;
    this->remaining = this->iterations;
  }

  // Answers at once whether a model will come or go; the world does it between two of its next physics steps.
  void TakeModel(uint16_t _kind, size_t _length)
  {
    if (_length > LONGEST_TEXT)
      this->Refuse("found a model of " + std::to_string(_length) + " bytes, expected at most " +
                   std::to_string(LONGEST_TEXT));
    std::string text(_length, '\0');
    this->connection.Receive(&text[0], _length);
    const std::string reason = _kind == SPAWN ? this->Spawn(text) : this->Delete(text);
    this->SendHeader(_kind, reason.size());
    this->connection.Send(reason.data(), reason.size());
  }

  std::string Spawn(const std::string &_text)
  {
    const size_t end = _text.find('\n', sizeof(Placement));
    if (_text.size() < sizeof(Placement) || end == std::string::npos)
      return "found no name, expected a placement, a name and a model";
    Placement at{};
    std::memcpy(&at, _text.data(), sizeof(at));
    for (const double value : {at.x, at.y, at.z, at.roll, at.pitch, at.yaw})
      if (!std::isfinite(value))
        return "found a pose that is not finite";
    const std::string name = _text.substr(sizeof(at), end - sizeof(at));
    if (this->world->ModelByName(name))
      return "found a model named " + name + ", expected a new name";
    sdf::SDFPtr parsed(new sdf::SDF);
    sdf::init(parsed);
    if (!sdf::readString(_text.substr(end + 1), parsed) || !parsed->Root()->HasElement("model"))
      return "found no SDF or URDF of a model";
    const auto model = parsed->Root()->GetElement("model");
    model->GetAttribute("name")->Set(name);
    model->GetElement("pose")->Set(ignition::math::Pose3d(at.x, at.y, at.z, at.roll, at.pitch, at.yaw));
    this->world->InsertModelSDF(*parsed);
    return "";
  }

  std::string Delete(const std::string &_name)
  {
    if (!this->world->ModelByName(_name))
      return "found no model named " + _name;
    gazebo::transport::requestNoReply(this->node, "entity_delete", _name);
    return "";
  }

  void TakeReset()
  {
    std::vector<ResetCommand> commands(this->cars.size());
    this->connection.Receive(commands.data(), commands.size() * sizeof(ResetCommand));
    for (const auto &command : commands)
      if (!std::isfinite(command.x) || !std::isfinite(command.y) || !std::isfinite(command.yaw))
        this->Refuse("found a pose that is not finite");
    for (size_t i = 0; i < commands.size(); ++i)
    {
      if (commands[i].moved == 0.0)
        continue;
      this->Place(*this->cars[i], {commands[i].x, commands[i].y, SETTLED, 0, 0, commands[i].yaw});
    }
    // The clock goes on to the cameras' next frame, but nothing moves.
    this->world->SetPhysicsEnabled(false);
  }

  // Puts a car at rest on a pose with its wheels straight, as it was loaded.
  void Place(Car &_car, const ignition::math::Pose3d &_pose)
  {
    _car.command = {};
    _car.velocity = {};
    _car.model->SetWorldPose(_pose);
    for (const auto &link : _car.model->GetLinks())
      link->SetRelativePose(link->InitialRelativePose());
    _car.model->ResetPhysicsStates();
  }

  void TakeStep()
  {
    std::vector<StepCommand> commands(this->cars.size());
    this->connection.Receive(commands.data(), commands.size() * sizeof(StepCommand));
    for (const auto &command : commands)
      for (const double value : {command.axles[0], command.axles[1], command.hinges[0], command.hinges[1]})
        if (!std::isfinite(value))
          this->Refuse("found a command that is not finite");
    for (size_t i = 0; i < commands.size(); ++i)
      this->cars[i]->command = commands[i];
  }

  // Axles and hinges approach their goals with the lag of their controllers: the axles within the motors' torque, the
  // hinges within the servo's rate.
  void Actuate()
  {
    const double step = this->world->Physics()->GetMaxStepSize();
    const double share = std::min(1.0, step / this->drive_lag);
    for (auto &car : this->cars)
    {
      this->Grip(*car);
      this->DriveAxle(*car, 0, car->command.axles[0], share);
      this->DriveAxle(*car, 2, car->command.axles[1], share);
      for (int i = 0; i < 2; ++i)
      {
        const double error = car->command.hinges[i] - car->hinges[i]->Position(0);
        const double rate = error / std::max(step, this->steering_lag);
        car->hinges[i]->SetParam("vel", 0, std::max(-this->steering_rate, std::min(this->steering_rate, rate)));
      }
    }
  }

  // Brings the mean speed of an axle's wheels `_share` nearer to its goal. An open differential gives both the same
  // force, whatever their ways over the ground and their loads are, so each slides by that force times its slip.
  void DriveAxle(Car &_car, int _left, double _goal, double _share)
  {
    const auto &left = *_car.tyres[_left], &right = *_car.tyres[_left + 1];
    const Motion left_wheel = this->MotionOf(_car, _left), right_wheel = this->MotionOf(_car, _left + 1);
    const double mean = 0.5 * (left_wheel.rim + right_wheel.rim);
    const double next = mean + _share * (_goal * this->wheel_radius - mean);
    const double force = (2.0 * next - left_wheel.along - right_wheel.along) / (left.slip2 + right.slip2);
    _car.wheels[_left]->SetParam("vel", 0, (left_wheel.along + force * left.slip2) / this->wheel_radius);
    _car.wheels[_left + 1]->SetParam("vel", 0, (right_wheel.along + force * right.slip2) / this->wheel_radius);
  }

  Motion MotionOf(const Car &_car, int _wheel) const
  {
    const auto axle = _car.wheels[_wheel]->GlobalAxis(0);
    const auto velocity = _car.wheels[_wheel]->GetChild()->WorldLinearVel();
    return {this->wheel_radius * _car.wheels[_wheel]->GetVelocity(0),
            velocity.Dot(axle.Cross(ignition::math::Vector3d::UnitZ)), velocity.Dot(axle)};
  }

  // Dugoff's tyre, as in the embedded simulator (dynamics.py): it slides by a speed proportional to its own and to its
  // share of force over load, up to half the friction, and bends towards all of it. ODE is given the secant.
  void Grip(Car &_car)
  {
    const auto velocity = _car.base->WorldLinearVel();
    const auto gained = _car.base->WorldPose().Rot().RotateVectorReverse(velocity - _car.velocity);
    const auto acceleration = gained / this->world->Physics()->GetMaxStepSize();
    _car.velocity = velocity;
    for (int i = 0; i < 4; ++i)
    {
      const Motion wheel = this->MotionOf(_car, i);
      const double moved = _car.transfers[i].X() * acceleration.X() + _car.transfers[i].Y() * acceleration.Y();
      const double load = std::max(LEAST_LOAD * _car.loads[i], _car.loads[i] + moved);
      const double along = wheel.rim - wheel.along;
      const double slide = std::hypot(along, wheel.across);
      const double compliance = this->slip_compliance * std::max(std::abs(wheel.rim), SLOW);
      const double demand = slide / (this->friction * compliance);
      const double yield = demand <= 0.5 ? 1.0 : demand / (1.0 - 0.25 / demand);
      _car.tyres[i]->slip1 = _car.tyres[i]->slip2 = yield * compliance / load;
      // ODE bounds friction by the load that it finds without any friction: that at rest.
      _car.tyres[i]->FrictionPyramid()->SetMuPrimary(this->friction * load / _car.loads[i]);
      _car.tyres[i]->FrictionPyramid()->SetMuSecondary(this->friction * load / _car.loads[i]);
      this->Turn(*_car.wheels[i], wheel.rim / _car.tyres[i]->slip2);
    }
  }

  // ODE weighs the velocity after a step against the way a wheel rolled before it. In a tight curve at speed the wheel's
  // turn between them is a fair part of a tyre's slip angle: this is the force that it lacks, a small one.
  void Turn(const gazebo::physics::Joint &_wheel, double _force) const
  {
    const double turn = _wheel.GetParent()->WorldAngularVel().Z() * this->world->Physics()->GetMaxStepSize();
    const auto hub = _wheel.GetChild();
    const ignition::math::Vector3d contact = hub->WorldPose().Pos() - this->wheel_radius * ignition::math::Vector3d::UnitZ;
    hub->AddForceAtWorldPosition(_force * turn * _wheel.GlobalAxis(0), contact);
  }

  void AnswerHello()
  {
    const auto &camera = this->cars.front()->camera;
    const double period = this->iterations * this->world->Physics()->GetMaxStepSize();
    const Hello hello{camera->ImageWidth(), camera->ImageHeight(), 3, this->iterations, period};
    this->SendHeader(HELLO, sizeof(hello));
    this->connection.Send(&hello, sizeof(hello));
  }

  void AnswerWithStates(const Time &_now)
  {
    std::vector<CarState> states;
    for (const auto &car : this->cars)
      states.push_back(StateOf(*car));
    const double time = (_now - this->start).Double();
    size_t length = sizeof(time) + states.size() * sizeof(CarState);
    for (const auto &car : this->cars)
      length += car->image.size();
    this->SendHeader(this->pending, length);
    this->connection.Send(&time, sizeof(time));
    this->connection.Send(states.data(), states.size() * sizeof(CarState));
    for (const auto &car : this->cars)
      this->connection.Send(car->image.data(), car->image.size());
  }

  static CarState StateOf(const Car &_car)
  {
    const auto pose = _car.base->WorldPose();
    const auto velocity = pose.Rot().RotateVectorReverse(_car.base->WorldLinearVel());
    const auto angles = pose.Rot().Euler();
    return {pose.Pos().X(), pose.Pos().Y(), pose.Pos().Z(), angles.X(), angles.Y(), angles.Z(),
            velocity.X(), velocity.Y(), velocity.Z(), _car.base->WorldAngularVel().Z(),
            {_car.hinges[0]->Position(0), _car.hinges[1]->Position(0)}};
  }

  void SendHeader(uint16_t _kind, size_t _length)
  {
    const Header header{MAGIC, VERSION, _kind, static_cast<uint32_t>(this->cars.size()),
                        static_cast<uint32_t>(_length)};
    this->connection.Send(&header, sizeof(header));
  }

  [[noreturn]] void Refuse(const std::string &_reason)
  {
    this->SendHeader(ERROR, _reason.size());
    this->connection.Send(_reason.data(), _reason.size());
    throw Disconnected(_reason);
  }

  gazebo::physics::WorldPtr world;
  gazebo::transport::NodePtr node;  // for requests that only the topics of Gazebo take
  gazebo::event::ConnectionPtr update, stop, interrupt;
  std::vector<std::unique_ptr<Car>> cars;
  Connection connection;
  unsigned iterations = 0;
  double wheel_effort = 0, drive_lag = 0, steering_effort = 0, steering_rate = 0, steering_lag = 0;
  double wheel_radius = 0, friction = 0, slip_compliance = 0;

  bool aligned = false;
  Time start;              // when it was aligned
  unsigned remaining = 0;  // physics steps of the current control period
  uint16_t pending = 0;    // the request that is being carried out; 0: none

  std::mutex frames;  // guards every car's image and frame_time
  std::condition_variable arrived;
};

GZ_REGISTER_WORLD_PLUGIN(Lockstep)
}  // namespace deepracer

"""The simulator `gazebo`: Gazebo Classic 11 in lock-step behind the `Simulator` protocol."""

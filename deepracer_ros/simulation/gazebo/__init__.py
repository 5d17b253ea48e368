"""The same protocol over a real Gazebo 11, in lock-step."""

"""Between arrays and ROS messages."""

"""ROS 2 nodes, which connect the topics to the packages below."""

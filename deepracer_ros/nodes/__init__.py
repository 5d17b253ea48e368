"""ROS 2 nodes: parameters, wires, and one call into a lower layer."""

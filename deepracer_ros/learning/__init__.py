"""Networks, action spaces and PPO in torch, independent of ROS, Redis and S3."""

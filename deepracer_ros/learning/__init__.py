"""Networks, action space and PPO in torch; knows no ROS, Redis or S3."""

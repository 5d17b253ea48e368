"""Topics and services for other ROS programs, in addition to the topics of the pipeline."""

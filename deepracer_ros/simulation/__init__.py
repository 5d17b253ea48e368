"""Simulators: the embedded one, its dynamics and camera, and the Gymnasium view of them."""

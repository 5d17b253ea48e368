"""Simulators behind one protocol, the environment that joins them with the referee, and its Gymnasium interface."""

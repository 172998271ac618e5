"""Simulation: the owner of time and chance. It runs a flow over the tables and returns the trace, a value."""

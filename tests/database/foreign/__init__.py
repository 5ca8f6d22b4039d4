"""Histories that this project did not write, applied by its Job."""

"""Balanced splits of those who come."""

"""Scheduled games: when, where, how many a side."""

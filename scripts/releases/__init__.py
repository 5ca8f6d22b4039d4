"""Releases that are no copy of this tree: what makes them, and the changes of one that is shown and rehearsed."""

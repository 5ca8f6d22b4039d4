"""The real service under load while faults happen to it and to its database."""

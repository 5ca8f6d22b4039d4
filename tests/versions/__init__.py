"""The core of the suite, on every version of PostgreSQL that this machine has."""

"""The gate against a real PostgreSQL."""

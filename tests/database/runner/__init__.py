"""The Job against a real PostgreSQL, with nothing in its way but readers."""

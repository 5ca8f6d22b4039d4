"""Real Jobs at once, of one release or of two, and plain Alembic among them."""

"""What only a real PostgreSQL proves."""

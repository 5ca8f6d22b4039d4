"""What scripts/demo shows: two releases, their Jobs, gates and requests, on a PostgreSQL server of their own."""

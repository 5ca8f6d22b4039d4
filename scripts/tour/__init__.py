"""What scripts/demo shows: the Job, the gate and the API at work on a PostgreSQL server of their own."""

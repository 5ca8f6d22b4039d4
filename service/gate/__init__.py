"""The gate: what this process may believe of its schema, and whether it may serve."""

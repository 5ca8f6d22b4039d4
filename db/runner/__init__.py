"""The Job: moves the schema to what its image knows, says what it did or why it refused."""

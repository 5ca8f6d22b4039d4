"""What the Job and the service agree on, in standard-library Python and SQL text."""

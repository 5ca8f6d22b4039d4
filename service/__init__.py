"""The futsal group's backend: it serves while its gate finds the schema fit for its code."""

"""Where the tests, the demo and the benchmarks get a PostgreSQL server from."""

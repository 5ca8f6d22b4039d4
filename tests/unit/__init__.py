"""What needs no database to be proven."""

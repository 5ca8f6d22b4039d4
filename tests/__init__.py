"""What calcio promises, as tests."""

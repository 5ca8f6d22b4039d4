"""What scripts/demo shows, and that it leaves nothing behind."""

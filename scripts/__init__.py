"""What people and CI start; see README.md."""

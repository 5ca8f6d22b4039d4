"""What the built images promise."""

"""What a person runs at their desk while writing a revision."""

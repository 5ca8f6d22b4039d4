"""What calcio does when something breaks: each fault made for real."""

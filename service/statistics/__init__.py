"""A season's leaderboard."""

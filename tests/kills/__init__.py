"""The Job killed at each statement that it sends, in every step of this project's own history and both ways."""

"""The API's resources on a real database, as the service's role."""

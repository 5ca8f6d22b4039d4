"""Every standing under every condition of the database, in process and as a sidecar."""

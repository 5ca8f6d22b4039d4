"""The rehearsal: what a release does on a real cluster."""

"""What the races share with every test that runs the Job."""

from tests.job.fixtures import found, image, job

__all__ = ["found", "image", "job"]

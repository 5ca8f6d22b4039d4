"""What the tests of the Job share."""

from tests.faults.pooler import pooled
from tests.job.fixtures import found, image, job, release_1, release_2

__all__ = ["found", "image", "job", "pooled", "release_1", "release_2"]

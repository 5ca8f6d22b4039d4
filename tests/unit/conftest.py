"""How long hypothesis looks: `--hypothesis-profile exhaustive` takes minutes, and makes over 100,000 decisions."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "exhaustive", max_examples=5000, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)

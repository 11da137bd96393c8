"""Properties are tried on the same examples everywhere: a busy machine must not decide what passes."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "same-everywhere",
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("same-everywhere")

"""What every test shares."""

from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.browser", "tests.summary", "tests.together"]

# How long an example takes says how busy the machine is, nothing about the code.
settings.register_profile("gazette", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("gazette")

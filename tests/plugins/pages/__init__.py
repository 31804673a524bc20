"""The pages are of Airflow's API server, so Airflow's home is set first."""

import tests.plugins.access  # noqa: F401

"""Airflow makes its home as soon as it is imported; that of the tests is not the developer's, and goes with them.

No example of Hypothesis has a deadline: how long one takes says how busy the machine is.
"""

import atexit
import os
import shutil
import tempfile

from hypothesis import settings

settings.register_profile("lethe", deadline=None)
settings.load_profile("lethe")

os.environ["AIRFLOW_HOME"] = tempfile.mkdtemp(prefix="lethe-airflow-")
os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
atexit.register(shutil.rmtree, os.environ["AIRFLOW_HOME"], ignore_errors=True)

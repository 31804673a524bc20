"""Airflow makes its home when it is first imported; that of the tests is a temporary one."""

import os
import tempfile

os.environ["AIRFLOW_HOME"] = tempfile.mkdtemp(prefix="lethe-airflow-")
os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"

"""Airflow makes its home as soon as it is imported; that of the tests is not the developer's, and goes with them.

No example of Hypothesis has a deadline: how long one takes says how busy the machine is.
"""

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from hashlib import sha256

import pyarrow as pa
import pytest
from hypothesis import settings

settings.register_profile("lethe", deadline=None)
settings.load_profile("lethe")

os.environ["AIRFLOW_HOME"] = tempfile.mkdtemp(prefix="lethe-airflow-")
os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
atexit.register(shutil.rmtree, os.environ["AIRFLOW_HOME"], ignore_errors=True)


@pytest.fixture(scope="session", autouse=True)
def same_tables_are_checked_once() -> Iterator[None]:
    """Great Expectations takes longer than all else that becomes of a day, and most tests have the same few days."""
    from plugins.steps import checked  # noqa: PLC0415 - Airflow may look for its home

    check, answers = checked.check_tables, {}

    def answer(tables: Mapping[str, pa.Table], policy) -> object:
        contents = (part for name, table in sorted(tables.items()) for part in (name.encode(), _content(table)))
        asked = sha256(b"".join([policy.model_dump_json().encode(), *contents])).digest()
        if asked not in answers:
            answers[asked] = check(tables, policy)
        return answers[asked]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checked, "check_tables", answer)
        yield


def _content(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table.combine_chunks())
    return sink.getvalue().to_pybytes()

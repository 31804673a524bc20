# Lethe and Airflow in one image, for every service of docker-compose.yaml.

FROM python:3.11-slim-bookworm AS build
RUN python -m pip install --no-cache-dir uv==0.13.9
ENV UV_NO_CACHE=1 UV_LINK_MODE=copy
WORKDIR /opt/lethe
COPY requirements.in requirements.txt ./
# What the checks and tests need stays outside. Versions and hashes come from the lock.
RUN uv venv --quiet /opt/venv \
    && sed '/^# checks and tests/,$d' requirements.in > /tmp/runtime.in \
    && uv pip install --python /opt/venv --compile-bytecode --verify-hashes -r /tmp/runtime.in -c requirements.txt
COPY . .
# The root is read-only later, so what is not compiled now is compiled anew in each process.
RUN uv pip install --python /opt/venv --no-deps -e . \
    && /opt/venv/bin/python -m compileall -q dags plugins transforms schemas

FROM python:3.11-slim-bookworm
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /lethe --shell /usr/sbin/nologin lethe \
    && install -d /lethe /opt/airflow /logs \
    && install -d -m 0700 -o lethe -g lethe /lethe/keys /lethe/keys-mirror /lethe/backups /lethe/accounts \
    && install -d -m 0711 -o lethe -g lethe /lethe/store \
    && install -d -m 0750 -o lethe -g lethe /opt/airflow/logs \
    && touch /opt/airflow/airflow.cfg /lethe/policy.toml
COPY --from=build /opt/venv /opt/venv
COPY --from=build /opt/lethe /opt/lethe
ENV PATH=/opt/venv/bin:$PATH PYTHONPATH=/opt/lethe PYTHONUNBUFFERED=1 AIRFLOW_HOME=/opt/airflow LETHE_POLICY=/lethe/policy.toml
WORKDIR /lethe
USER 10001:10001
CMD ["lethe", "--help"]

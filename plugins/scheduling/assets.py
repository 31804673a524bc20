"""What each DAG leads to; the UI draws the pipeline from these."""

from typing import Final

from airflow.sdk import Asset

HITS: Final = Asset("hits", group="window")
BLOCKLIST: Final = Asset("blocklist", group="exports")
STATISTICS: Final = Asset("statistics", group="published")
CLOSED_DAYS: Final = Asset("closed_days", group="published")
AIRFLOW_HISTORY: Final = Asset("airflow_history", group="airflow")
BACKUPS: Final = Asset("backups", group="backups")
PURGED_BACKUPS: Final = Asset("purged_backups", group="backups")
REHEARSAL: Final = Asset("rehearsed_restore", group="backups")
PROOF: Final = Asset("proof_of_forgetting", group="backups")

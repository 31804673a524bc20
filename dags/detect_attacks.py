"""### Hits → alerts → decisions → blocklist

Runs when an ingest has brought new hits. Events, which were matched when the lines were read, are counted; what
overflows is an alert, and its address or network is banned. A decision is written once and ends, at the latest, when
the day of its newest evidence closes. What looks successful opens an incident. The files for firewalls, web servers and
spreadsheets are written anew, each ban with its end; bans that would hit too many people are held back.

Clearing or repeating it changes nothing: an alert that has a decision gets no other. **Numbers only** are told here;
whom it is about, security staff see on the page *Blocklist*.
"""

from airflow.sdk import chain, dag

from plugins.scheduling.assets import HITS
from plugins.scheduling.defaults import FREQUENT_DEFAULTS
from plugins.scheduling.tasks import decide, export_blocklist, fail_for_problems, tell_of_bans


@dag(schedule=[HITS], tags=["lethe", "window"], doc_md=__doc__, **FREQUENT_DEFAULTS)
def detect_attacks() -> None:
    decided = decide()
    exported = export_blocklist()
    chain(decided, exported, fail_for_problems(decided))
    tell_of_bans(decided, exported)


detect_attacks()

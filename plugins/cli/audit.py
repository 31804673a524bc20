"""`lethe verify-audit`: is the audit trail as it was written?"""

from plugins.cli.store import HERE, PolicyOption
from plugins.cli.terminal import say
from plugins.store.store import open_store


def verify_audit(policy_file: PolicyOption = HERE) -> None:
    """Read the audit trail against its hashes and its roots: what it holds, or the first thing that is wrong."""
    found = open_store(policy_file).audit.verify()
    if found.first:
        say(f"{found.entries} entries in {found.days} files, from {found.first} to {found.last}: as written")
    else:
        say("no entries yet")

"""The one table of roles: what each is to Airflow itself, and what it may do on Lethe's pages."""

from dataclasses import dataclass
from typing import Any, Final

BLOCKLIST: Final = "lethe_blocklist"
STATUS: Final = "lethe_status"
FORGETTING: Final = "lethe_forgetting"
REPORT: Final = "lethe_report"
TROUBLESHOOTING: Final = "lethe_troubleshooting"
READ: Final = "GET"
CHANGE: Final = "POST"
NOBODY: Final = "none of the roles"  # in the audit trail, for whom another auth manager lets in under another name


@dataclass(frozen=True)
class Role:
    """`airflow` is the role of Airflow's simple auth manager that it behaves as; `pages`: what may be done where."""

    airflow: str
    pages: dict[str, tuple[str, ...]]


EVERYTHING: Final[dict[str, tuple[str, ...]]] = {
    REPORT: (READ,),
    BLOCKLIST: (READ, CHANGE),
    TROUBLESHOOTING: (READ,),
    STATUS: (READ,),
    FORGETTING: (READ,),
}
ROLES: Final = {
    "viewer": Role("viewer", {}),
    "analyst": Role("viewer", {REPORT: (READ,)}),
    "security": Role("viewer", {REPORT: (READ,), BLOCKLIST: (READ, CHANGE), TROUBLESHOOTING: (READ,), STATUS: (READ,)}),
    "dpo": Role("viewer", {REPORT: (READ,), STATUS: (READ,), FORGETTING: (READ,)}),
    "op": Role("op", EVERYTHING),
    "admin": Role("admin", EVERYTHING),
}


def is_allowed(role: str | None, method: str, resource: str) -> bool:
    """Whether the role may do that there; a role that is not in the table may nothing. To see a menu entry is READ."""
    found = ROLES.get((role or "").lower())
    return found is not None and (READ if method == "MENU" else method) in found.pages.get(resource, ())


def role_of(user: Any) -> str:
    """The role under which somebody acts, of our auth manager or of one whose users have several roles with names."""
    several = getattr(user, "roles", None) or []
    names = [getattr(user, "role", None), *(getattr(role, "name", role) for role in several)]
    return next((str(name).lower() for name in names if str(name).lower() in ROLES), NOBODY)

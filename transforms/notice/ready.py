"""What stands between a policy and its notice: nobody answers for a sentence, or a sentence is not true."""

import re
from datetime import date
from typing import Final

from schemas.policy_agreement import lacking
from schemas.policy_model import Policy

# Apache's %{name}C, headers, and notes of mod_usertrack; nginx's $cookie_name, $http_cookie and userid module.
COOKIE: Final = re.compile(r"%[^%{]*\{[^}]*\}C|cookie|\$\{?uid_(?:got|set|reset)\b", re.IGNORECASE)


def cookie_logs(policy: Policy) -> list[str]:
    """The logs whose format writes down a cookie, so that nobody may say that Lethe reads none."""
    return [log.name for log in policy.logs if COOKIE.search(log.format)]


def missing_for_notice(policy: Policy, today: date) -> list[str]:
    """What has to be written before there is a notice, a sentence each."""
    return [
        *lacking(policy, today),
        *(
            f"logs.{name}.format holds a cookie, and the notice says that Lethe reads none; take it out of the server's"
            " format and of this one"
            for name in cookie_logs(policy)
        ),
    ]

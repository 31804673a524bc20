"""Who comes in: Airflow authenticates nobody for a plugin's pages, so each route asks here. Fail closed."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.core_api.security import GetUserDep
from fastapi import Depends, HTTPException, Request, status

from plugins.access.forms import form_token, is_our_form, tag_of
from plugins.access.roles import CHANGE, FORGETTING, READ, REPORT, STATUS, role_of
from plugins.policy_file import installed_policy
from plugins.store.store import Store, open_store
from schemas.refusals import RefusedError

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Person:
    """Somebody who may be here; `tag` stands for the user where no name is written, `form_token` goes into forms."""

    role: str
    tag: str
    may_change: bool
    form_token: str


def admitted(resource: str, method: str = READ) -> Callable[[GetUserDep], Person]:
    """A dependency: 401 without a login, 403 for whom the auth manager does not let do this there."""

    def admit(user: GetUserDep) -> Person:
        may: Any = get_auth_manager().is_authorized_custom_view
        if not may(method=method, resource_name=resource, user=user):
            raise HTTPException(status.HTTP_403_FORBIDDEN, "Your role may not open this page.")
        name = str(user.get_id())
        may_change = may(method=CHANGE, resource_name=resource, user=user)
        return Person(role_of(user), tag_of(name), may_change, form_token(name))

    return admit


async def trusted_form(request: Request, user: GetUserDep) -> dict[str, str]:
    """The fields of a form that our own page showed to this user, none of a GET; 403 for any other form."""
    if request.method == "GET":
        return {}
    fields = {name: text for name, text in (await request.form()).items() if isinstance(text, str)}
    if not is_our_form(request.headers, fields.get("token", ""), str(user.get_id())):
        raise HTTPException(status.HTTP_403_FORBIDDEN, "This form is too old, or not ours. Open the page again.")
    return fields


def opened() -> Store:
    """What is wrong with the policy is for operations, not for whoever asks."""
    try:
        return open_store(installed_policy())
    except RefusedError as error:
        log.error("the store cannot be opened: %s", error)
        sentence = "The store cannot be opened. Operations find out why with: lethe policy check"
        raise HTTPException(status.HTTP_503_SERVICE_UNAVAILABLE, sentence) from None


OpenStore = Annotated[Store, Depends(opened)]
Watcher = Annotated[Person, Depends(admitted(STATUS))]
Analyst = Annotated[Person, Depends(admitted(REPORT))]
Officer = Annotated[Person, Depends(admitted(FORGETTING))]
Fields = Annotated[dict[str, str], Depends(trusted_form)]

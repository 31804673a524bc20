"""Airflow's simple auth manager with the roles of `roles.py`: `[core] auth_manager` names this class."""

from typing import Any

from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
from airflow.configuration import conf
from airflow.exceptions import AirflowConfigException
from jwt import InvalidTokenError

from plugins.access.roles import ROLES, is_allowed


class LetheAuthManager(SimpleAuthManager):
    """Users as `[core] simple_auth_manager_users` lists them; whom the table does not know may nothing."""

    def init(self) -> None:
        """AirflowConfigException for a role that is not in the table."""
        unknown = sorted({str(user.role) for user in self.get_users() if _name(user) not in ROLES})
        if unknown:
            raise AirflowConfigException(
                f"[core] simple_auth_manager_users: {', '.join(unknown)}: no such role; there are {', '.join(ROLES)}"
            )
        if conf.getboolean("core", "simple_auth_manager_all_admins"):
            raise AirflowConfigException("[core] simple_auth_manager_all_admins: with it, nobody needs a password")
        super().init()

    def deserialize_user(self, token: dict[str, Any]) -> SimpleAuthManagerUser:
        """Whom a login is of, in the role of today: InvalidTokenError for who is no user any more."""
        for user in self.get_users():
            if user.username == token.get("sub"):
                return user
        raise InvalidTokenError("no such user")

    def is_authorized_custom_view(self, *, method: str, resource_name: str, user: SimpleAuthManagerUser) -> bool:
        """By the table; custom views that it does not name are nobody's."""
        return is_allowed(user.role, method, resource_name)

    @staticmethod
    def _is_admin(user: SimpleAuthManagerUser) -> bool:
        return SimpleAuthManager._is_admin(_as_airflows(user))

    @staticmethod
    def _is_authorized(*, user: SimpleAuthManagerUser, **asked: Any) -> bool:
        return bool(SimpleAuthManager._is_authorized(user=_as_airflows(user), **asked))


def _as_airflows(user: SimpleAuthManagerUser) -> SimpleAuthManagerUser:
    """The user as Airflow's own rules know it; without a role it is refused everything."""
    known = ROLES.get(_name(user))
    return SimpleAuthManagerUser(username=user.username, role=known.airflow if known else None, teams=user.teams)


def _name(user: SimpleAuthManagerUser) -> str:
    return (user.role or "").lower()

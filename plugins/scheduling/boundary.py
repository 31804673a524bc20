"""Between a step and Airflow: what a failure may say, and whether it is tried again."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException

from plugins.mistakes import describe_mistake
from plugins.store.locks import BusyError
from schemas.refusals import RefusedError, SupersededError

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

log = logging.getLogger(__name__)


class OutOfReachError(AirflowException):
    """Something outside did not work; Airflow tries again."""


def guarded(step: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Let a step fail as Airflow and its readers need it.

    What somebody else does already is skipped; a refusal fails at once with its sentence; trouble of disk or network
    is tried again; of anything else only the kind and place are told, since what an exception says, or drags along,
    may be a line or an address.
    """

    @wraps(step)
    def run(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        try:
            return step(*args, **kwargs)
        except AirflowException:
            raise
        except SupersededError as error:
            failure: AirflowException = AirflowSkipException(str(error))
        except BusyError:
            failure = AirflowSkipException("somebody else is at work on the store; the next run does it")
        except RefusedError as error:
            failure = AirflowFailException(str(error))
        except OSError as error:
            what = error.strerror or "an error of input or output"
            failure = OutOfReachError(f"{error.filename or 'the system'}: {what}; it will be tried again")
        except Exception as error:  # noqa: BLE001 - see the docstring
            failure = AirflowFailException(describe_mistake(error))
        raise failure  # outside of the except clauses, so that the first exception does not come along

    return run


def tell(sentence: str) -> None:
    """Progress of a step, in the task's log."""
    if sentence:
        log.info("%s", sentence)

"""A backtest with an end: a search for patterns cannot be interrupted, but its process can be ended."""

import gc
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Final

from plugins.backtest.running import Backtest, backtest
from plugins.store.store import Store
from schemas.refusals import RefusedError
from schemas.scenario import Scenario

FORK: Final = get_context("fork")  # the store is open already, and its clock may be a replay's
INSTEAD: Final = "too much for a page; narrow its patterns, or run lethe backtest on the server"


def backtest_within(seconds: float, store: Store, scenario: Scenario, most_alerts: int) -> Backtest:
    """As `backtest`, in a process of its own; RefusedError where that has not answered in time."""
    answers, sender = FORK.Pipe(duplex=False)
    process = FORK.Process(target=_answer, args=(sender, store, scenario, most_alerts), daemon=True)
    process.start()
    sender.close()
    try:
        if not answers.poll(seconds):
            raise RefusedError(f"{scenario.name} takes longer than {seconds:g} seconds, {INSTEAD}")
        answer: Backtest | Exception = answers.recv()
    except EOFError:
        raise RefusedError(f"{scenario.name} needs more memory than there is, {INSTEAD}") from None
    finally:
        process.kill()
        process.join()
        process.close()
        answers.close()
    if isinstance(answer, Exception):
        raise answer
    return answer


def _answer(sender: Connection, store: Store, scenario: Scenario, most_alerts: int) -> None:
    gc.freeze()  # what the parent holds is its own to close: connections to a database, for instance
    try:
        sender.send(backtest(store, scenario, lambda _: None, most_alerts))
    except Exception as error:  # noqa: BLE001 - raised again by who waits
        sender.send(error)

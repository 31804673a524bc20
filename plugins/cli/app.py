"""The `lethe` command: its verbs, and one place that turns a refusal into a sentence and exit status 1."""

import sys
from typing import Final, NoReturn

import typer
from typer.core import TyperCommand

from plugins.cli.anonymise import anonymise
from plugins.cli.audit import verify_audit
from plugins.cli.backtest import backtest
from plugins.cli.backups import back_up, purge, rehearse, restore
from plugins.cli.block_page import block_page
from plugins.cli.blocklist import ban, blocklist, detect, lift
from plugins.cli.detect import detect_format
from plugins.cli.detection import alerts
from plugins.cli.doctor import doctor
from plugins.cli.notice import notice
from plugins.cli.parse import parse
from plugins.cli.policy import policy_app
from plugins.cli.prove import prove
from plugins.cli.report import report
from plugins.cli.requeue import requeue
from plugins.cli.standard_input import FromStandardInput
from plugins.cli.statistics import ManyErrorFiles, statistics
from plugins.cli.store import close, erase, ingest, rebuild
from plugins.cli.summary import summary
from plugins.cli.terminal import warn
from plugins.cli.token import token_app
from plugins.mistakes import describe_mistake
from schemas.refusals import RefusedError

HELP: Final = "Web server logs to visit statistics and a blocklist, without remembering the visitors."

VERBS: Final = (
    *(parse, detect_format, statistics, summary, report, alerts, anonymise),
    *(ingest, requeue, rebuild, detect, blocklist, block_page, backtest, ban, lift, close, erase),
    *(back_up, purge, restore, rehearse, prove, notice, verify_audit, doctor),
)
TAKEN_BY: Final[dict[object, type[TyperCommand]]] = {
    **dict.fromkeys((statistics, alerts), ManyErrorFiles),
    **dict.fromkeys((ban, lift, erase), FromStandardInput),
}

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=HELP)
for verb in VERBS:
    app.command(verb.__name__.replace("_", "-"), cls=TAKEN_BY.get(verb))(verb)
app.add_typer(policy_app, name="policy")
app.add_typer(token_app, name="token")


def main() -> None:
    """Run a verb; exit status 0, 1 (ran and failed) or 2 (wrong call)."""
    try:
        app()
    except RefusedError as error:
        _fail(str(error))
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        sys.stderr.close()
        raise SystemExit(0) from None
    except OSError as error:
        _fail(f"{error.filename or 'output'}: {error.strerror}")
    except Exception as error:  # noqa: BLE001 - what it says may hold an address or a part of a line
        _fail(describe_mistake(error))


def _fail(sentence: str) -> NoReturn:
    warn(sentence)
    raise SystemExit(1) from None


if __name__ == "__main__":
    main()

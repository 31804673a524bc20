"""The `lethe` command: its verbs, and one place that turns a refusal into a sentence and exit status 1."""

import sys
from typing import Final

import typer

from plugins.cli.anonymise import anonymise
from plugins.cli.detection import alerts
from plugins.cli.parse import parse
from plugins.cli.policy import policy_app
from plugins.cli.statistics import ManyErrorFiles, statistics
from plugins.cli.summary import summary
from schemas.refusals import RefusedError

HELP: Final = "Web server logs to visit statistics and a blocklist, without remembering the visitors."

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=HELP)
app.command()(parse)
app.command(cls=ManyErrorFiles)(statistics)
app.command()(summary)
app.command()(alerts)
app.command()(anonymise)
app.add_typer(policy_app, name="policy")


def main() -> None:
    """Run a verb; exit status 0, 1 (ran and failed) or 2 (wrong call)."""
    try:
        app()
    except RefusedError as error:
        clear = "\r\x1b[K" if sys.stderr.isatty() else ""  # progress may stand there
        sys.stderr.write(f"{clear}lethe: {error}\n")
        raise SystemExit(1) from None
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        sys.stderr.close()
        raise SystemExit(0) from None


if __name__ == "__main__":
    main()

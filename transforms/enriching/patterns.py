"""Many patterns in one pass, by the matcher that ua-parser's Rust core brings."""

from collections.abc import Callable, Sequence

from ua_parser.core import Domain
from ua_parser.loaders import load_data
from ua_parser.regex import Resolver


def first_match(patterns: Sequence[str]) -> Callable[[str], int | None]:
    """Compile RE2 patterns, case ignored, to a function: text → the number of the first pattern that matches.

    The core is meant for ua-parser's own rules; each pattern is a rule here whose "family" is its number.
    """
    rules = [{"regex": f"(?i){pattern}", "family_replacement": str(number)} for number, pattern in enumerate(patterns)]
    resolver = Resolver(load_data((rules, [], [])))  # type: ignore[arg-type]

    def number_of(text: str) -> int | None:
        match = resolver(text, Domain.USER_AGENT).user_agent
        return int(match.family) if match else None

    return number_of

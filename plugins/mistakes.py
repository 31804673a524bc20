"""What may be said of a mistake of our own: where it is, and nothing of what it stumbled over."""

import traceback


def describe_mistake(error: Exception) -> str:
    """`a mistake in Lethe: …`; what the exception itself says may hold an address or a part of a line."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"a mistake in Lethe: {type(error).__name__} in {place.name}, line {place.lineno}; please report it"

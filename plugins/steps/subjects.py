"""What a sentence is about: figures in it change while it is the same trouble."""

import re
from typing import Final

# Hours and shares change; days, and numbers in names, do not.
FIGURES: Final = re.compile(r"(?<![\w./-])[0-9]+(?:[.][0-9]+)?(?![\w/-]|[.][0-9a-z])")


def subject_of(sentence: str) -> str:
    """The sentence without its figures, by which it is known again."""
    return FIGURES.sub("#", sentence)

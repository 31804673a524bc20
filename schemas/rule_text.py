"""The TOML text of a rule → a scenario, a payload or a list, or a sentence that says what is wrong with it."""

import json
import re
import tomllib
from collections.abc import Mapping
from typing import Final, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from schemas.scenario import Bucket, Entry, Exploit, Match, ScenarioError

# What reads TOML takes seconds and gigabytes for a key of thousands of parts.
LONG_KEY: Final = re.compile(r"^[ \t]*\[*(?:[\w\"'-]+[ \t]*\.[ \t]*){20}", re.MULTILINE)
TABLES: Final[dict[str, type[BaseModel]]] = {
    "bucket": Bucket,
    "error": Entry,
    "match": Match,
    "then": Match,
    "success": Match,
    "exploit": Exploit,
}

Model = TypeVar("Model", bound=BaseModel)


def read_rule(model: type[Model], file: str, content: str, lists: Mapping[str, tuple[str, ...]] | None = None) -> Model:
    """The text of a TOML file → Scenario, Payload or PatternList; `lists` are patterns that it may name.

    Raises `ScenarioError`: one sentence with the file, the first key that is wrong, its value and what is allowed.
    """
    if LONG_KEY.search(content):
        raise ScenarioError(f"{file}: a key has more than twenty parts; those of a file like this have two")
    try:
        return model.model_validate(tomllib.loads(content), context=lists)
    except tomllib.TOMLDecodeError as refusal:
        raise ScenarioError(f"{file}: this is not TOML: {refusal}") from None
    except ValidationError as refusal:
        found = sorted(refusal.errors(), key=lambda error: error["type"] != "extra_forbidden")
        raise ScenarioError(f"{file}: {_sentence(model, found[0])}") from None
    except (RecursionError, ValueError, OverflowError):
        raise ScenarioError(f"{file}: it is nested too deeply, or has a number of thousands of digits") from None


def _sentence(model: type[BaseModel], error: ErrorDetails) -> str:
    names = [part for part in error["loc"] if isinstance(part, str)]
    if not names:
        return str(error["ctx"]["error"])
    fields = TABLES[names[0]].model_fields if len(names) > 1 else model.model_fields
    key = ".".join(names)
    if error["type"] == "extra_forbidden":
        if len(names) > 1 and names[-1] in model.model_fields:
            return f"{names[-1]} stands below [[{names[0]}]]; write it above, and a second rule into a file of its own"
        return f"{key} is no key of a file like this; allowed are {', '.join(fields)}"
    allowed = fields[names[-1]].description
    if error["type"] == "missing":
        return f"{key} is missing; allowed is {allowed}"
    hint = str(error.get("ctx", {}).get("error", "")) if error["type"] == "value_error" else ""
    verb = "has" if isinstance(error["loc"][-1], int) else "is"
    return f"{key} {verb} {json.dumps(error['input'], default=str)[:60]}; allowed is {allowed}{hint}"

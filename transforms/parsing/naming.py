"""The names a policy can call a layout by, and a layout by its name."""

from collections.abc import Sequence
from functools import cache
from typing import Final

from schemas.log_format import log_formats
from schemas.refusals import FormatError
from transforms.parsing.compiling import compile_layout
from transforms.parsing.data_files import compile_file
from transforms.parsing.error_format import compile_error_format, is_error_format
from transforms.parsing.error_layouts import APACHE_ERROR, NGINX_ERROR, PHP_ERROR
from transforms.parsing.headed_layout import fields_layout
from transforms.parsing.json_layout import PREFIX, read_map
from transforms.parsing.layout import Layout

COMMON: Final = '%h %l %u %t "%r" %>s %b'
COMBINED: Final = COMMON + ' "%{Referer}i" "%{User-Agent}i"'
NAMED: Final = {
    "common": COMMON,
    "combined": COMBINED,
    "vhost_combined": f"%v:%p {COMBINED}",
}
ERROR_LAYOUTS: Final = {one.name: one for one in (APACHE_ERROR, NGINX_ERROR, PHP_ERROR)}


@cache
def named_layout(text: str) -> Layout:
    """A layout by its name in the policy, or by its format string; FormatError says what is wrong with it."""
    if text in ERROR_LAYOUTS:
        return ERROR_LAYOUTS[text]
    if is_error_format(text):
        return compile_error_format(text)
    if text.startswith(PREFIX):
        return read_map(text)
    file, _, fields = text.partition(" ")
    if text in log_formats():
        return compile_file(log_formats()[text])
    if fields and file in log_formats() and log_formats()[file].fields_:
        return fields_layout(text)
    if text not in NAMED and "%" not in text and "$" not in text:
        names = ", ".join([*NAMED, *log_formats(), *ERROR_LAYOUTS])
        raise FormatError(
            f"format is {text!r}; allowed are {names}, detect, a LogFormat or a log_format string, "
            'or a map of JSON keys such as json: {"client_ip": "remote_addr"}'
        )
    return compile_layout(text, NAMED.get(text, text))


def error_layouts(error_format: str) -> tuple[Layout, ...]:
    """The layouts of an error log: as a policy's `error_format` says, or all that can be told apart for `detect`."""
    if error_format == "detect":
        return tuple(ERROR_LAYOUTS.values())
    if error_format in ERROR_LAYOUTS or is_error_format(error_format):
        return (named_layout(error_format),)
    allowed = f"detect, {', '.join(ERROR_LAYOUTS)}, or an ErrorLogFormat with its %M"
    raise FormatError(f"error_format is {error_format!r}; allowed are {allowed}")


def layouts_in_force(chosen: Sequence[Layout], before: Sequence[str]) -> tuple[Layout, ...]:
    """The layouts of a log where a file goes on, of which `before` are the layouts that were in force.

    They differ only where the file says itself how its lines look.
    """
    headed = [named_layout(name) for name in before if any(_same_file(name, one) for one in chosen)]
    return tuple(headed or chosen)


def _same_file(name: str, chosen: Layout) -> bool:
    return chosen.is_headed and name.partition(" ")[0] == chosen.name.partition(" ")[0]

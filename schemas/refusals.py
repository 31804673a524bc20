"""The one exception tree: bad input, answered by a sentence that says what to do; a retry would not help."""


class RefusedError(Exception):
    """Input that cannot be used as it is; the message never holds a line, an address or a URL."""


class EmptyError(RefusedError):
    """A file without content, as a log is right after it was rotated."""


class SupersededError(RefusedError):
    """Somebody else has taken over what was asked for; there is nothing left to do."""


class FormatError(RefusedError):
    """A format string, or a log, that no layout fits."""

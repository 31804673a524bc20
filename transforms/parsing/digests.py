"""By which it is known whether lines were read as they would be read now."""

import json
from collections.abc import Sequence
from hashlib import sha256

from transforms.parsing.meanings import Reading


def format_digest(layouts: Sequence[str], how: Reading) -> str:
    """Sixteen hexadecimal digits that change with what decides how a line is read: layouts, server's zone, proxies.

    `layouts` are names, in the order in which they are tried. Neither the clock is in it nor the secret query keys,
    whose values were taken out of lines in quarantine too.
    """
    proxies = sorted(map(str, how.trusted_proxies))
    return sha256(json.dumps([*layouts, how.timezone.key, proxies]).encode()).hexdigest()[:16]

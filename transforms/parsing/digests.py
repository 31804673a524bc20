"""By which it is known whether lines were read as they would be read now."""

import json
from collections.abc import Sequence
from hashlib import sha256

from transforms.parsing.meanings import Reading
from transforms.parsing.naming import named_layout


def format_digest(layouts: Sequence[str], how: Reading) -> str:
    """Sixteen hexadecimal digits that change with what decides how a line is read: layouts, server's zone, proxies.

    `layouts` are names, in the order in which they are tried. Neither the clock is in it nor the secret query keys,
    whose values were taken out of lines in quarantine too; nor which fields a file says that it has.
    """
    proxies = sorted(map(str, how.trusted_proxies))
    names = [name.partition(" ")[0] if named_layout(name).is_headed else name for name in layouts]
    return sha256(json.dumps([*names, how.timezone.key, proxies]).encode()).hexdigest()[:16]

"""Random names: of requests and answers, of calls, of what is kept."""

from __future__ import annotations

import os
import random

_SOURCE = random.Random()
if hasattr(os, "register_at_fork"):  # a child must not repeat the names that its parent gives
    os.register_at_fork(after_in_child=_SOURCE.seed)


def random_hex(size: int) -> str:
    """So many random bytes, in hexadecimal. As `secrets.token_hex`, without asking the system each time, which may take
    longer than anything else that is done for a name. Never for what nobody may guess: what a name leads to belongs to
    a key, and is shown to that alone.
    """
    return f"{_SOURCE.getrandbits(8 * size):0{2 * size}x}"

"""Places at which a test may have the process die, as a power cut would: nothing is flushed, nobody is told.

`BACKSTAY_FAILPOINT=sent:3` kills it when it passes `sent` for the third time. Without the variable, nothing happens.
"""

import os
import signal
from typing import Final, Literal

Step = Literal["detached", "sent", "positioned", "committed", "opened", "restored", "revoked"]
STEPS: Final[tuple[Step, ...]] = ("detached", "sent", "positioned", "committed", "opened", "restored", "revoked")
"""What a commit, an assignment and its end go through: the snapshot is taken; outputs and changelog are sent; the
positions are in the transaction; it is committed; the former owner is fenced; the state is restored; others take over.
"""

_name, _, _times = os.environ.get("BACKSTAY_FAILPOINT", "").partition(":")
_left = {_name: int(_times or 1)} if _name else {}


def passes(step: Step) -> None:
    """Pass a step, or die there."""
    if _left and step in _left:
        _left[step] -= 1
        if not _left[step]:
            os.kill(os.getpid(), signal.SIGKILL)

"""Steps at which a test may have the process die, as in a power cut: nothing is flushed or announced.

`BACKSTAY_FAILPOINT=sent:3` kills it when it passes `sent` for the third time, `sent:3:stop` stops it there as SIGSTOP
does. Without the variable, nothing happens.
"""

import os
import signal
from typing import Final, Literal

Step = Literal["detached", "sent", "positioned", "committed", "opened", "restored", "revoked"]
STEPS: Final[tuple[Step, ...]] = ("detached", "sent", "positioned", "committed", "opened", "restored", "revoked")
"""The steps of a commit, an assignment and its end: the snapshot is taken; outputs and changelog are sent; the
positions are in the transaction; it is committed; the former owner is fenced; the state is restored; another worker
takes over."""

_name, _times, _how, *_ = [*os.environ.get("BACKSTAY_FAILPOINT", "").split(":"), "", ""]
_left = {_name: int(_times or 1)} if _name else {}


def passes(step: Step) -> None:
    """Pass a step; die or stop there if the variable names it."""
    if _left and step in _left:
        _left[step] -= 1
        if not _left[step]:
            os.kill(os.getpid(), signal.SIGSTOP if _how == "stop" else signal.SIGKILL)

"""Topic `logins`: a person signed in, or tried to."""

from typing import Final, Literal

from schemas.base import Event
from schemas.family import Family


class LoginSucceeded(Event):
    """A person signed in."""

    type: Literal["login.succeeded"]


class LoginFailed(Event):
    """A person tried to sign in and could not."""

    type: Literal["login.failed"]


LOGINS: Final = Family("logins", (LoginSucceeded, LoginFailed))

"""Topic `logins`: a person signed in, or tried to."""

from typing import Literal

from schemas.base import Event


class LoginSucceeded(Event):
    """A person signed in."""

    type: Literal["login.succeeded"]


class LoginFailed(Event):
    """A person tried to sign in and could not."""

    type: Literal["login.failed"]

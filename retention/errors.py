"""The errors of the retention floor. Each names who raises it, and what the catcher should do."""


class RetentionError(Exception):
    """Any of the errors below."""


class IdentityBroken(RetentionError):
    """Raised when movements do not explain how a total changed. This is a bug: stop, publish nothing."""


class UnknownVersion(RetentionError):
    """Raised for a state written by a newer version. Stop: the newer version must run."""


class NotItsBase(RetentionError):
    """Raised for a difference without the state that it is from. Stop: what is stored is damaged."""


class Rejected(RetentionError):
    """Raised by a fold for an event that it cannot use. The stream continues; the record goes to the dead letters."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason, self.detail = reason, detail

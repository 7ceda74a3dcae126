"""Names the extra of Backstay that installs a missing package. No other module has a text for that."""


def missing(what: str, extra: str, otherwise: str = "") -> str:
    """Return what to install for something that an extra brings, and what to do `otherwise`.

    >>> missing("learning", "learn")
    "learning needs packages that are not installed: run `pip install '.[learn]'` in the folder of Backstay"
    """
    install = f"run `pip install '.[{extra}]'` in the folder of Backstay"
    return f"{what} needs packages that are not installed: {install}" + (f", or {otherwise}" if otherwise else "")

"""Says of a package that is not installed which extra of Backstay brings it. No other module words that."""


def missing(what: str, extra: str, otherwise: str = "") -> str:
    """Return what to install for something that an extra brings, and what to do `otherwise`.

    >>> missing("learning", "learn")
    "learning needs packages that are not installed: run `pip install '.[learn]'` in the folder of Backstay"
    """
    install = f"run `pip install '.[{extra}]'` in the folder of Backstay"
    return f"{what} needs packages that are not installed: {install}" + (f", or {otherwise}" if otherwise else "")

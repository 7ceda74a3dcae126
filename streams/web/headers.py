"""The headers that protect every answer of ours: of a worker's page, of `backstay webhooks run`, of the console."""

from typing import Final

NOWHERE: Final = "'none'"
OURSELVES: Final = "'self'"
BESIDE_THE_POLICY: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
    "Server": "backstay",
}


def policy(*loads: str, images: str = NOWHERE, forms: str = NOWHERE, trusted: bool = False) -> str:
    """Return a policy by which a page loads nothing but what is named, sends forms nowhere else, and is in no frame.

    `loads` are kinds of files that may be our own; with `trusted` no text becomes a script or a part of the page.

    >>> policy("style")
    "default-src 'none'; style-src 'self'; img-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    """
    parts = [f"default-src {NOWHERE}", *(f"{kind}-src {OURSELVES}" for kind in loads), f"img-src {images}"]
    parts += [f"base-uri {NOWHERE}", f"form-action {forms}", f"frame-ancestors {NOWHERE}"]
    return "; ".join([*parts, "require-trusted-types-for 'script'"] if trusted else parts)


def protection(own_policy: str) -> dict[str, str]:
    """Return the headers of every answer of a server with a policy."""
    return {"Content-Security-Policy": own_policy, **BESIDE_THE_POLICY}

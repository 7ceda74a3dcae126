"""What whoever sends requests to cancel that never take effect is told: by `replay` and by `doctor`."""


def said(number: int) -> str:
    """Return what such requests mean, and what to send."""
    return (
        f"requests to cancel that never took effect: {number:,}. Nothing says when those subscriptions end, and until "
        "then they count. Send `cancellation.effective` or `subscription.ended`, or `term_end` with the subscription"
    )

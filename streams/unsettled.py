"""The warning of `backstay replay` and `backstay doctor` about cancellation requests that never took effect."""


def warning(number: int) -> str:
    """Return a warning: the number of such requests, their effect on the figures, and what to send."""
    return (
        f"requests to cancel that never took effect: {number:,}. Nothing says when those subscriptions end, and until "
        "then they count; or no start of them is known (is `subscription_id` the same?). Send `cancellation.effective` "
        "or `subscription.ended`, or `term_end` with the subscription"
    )

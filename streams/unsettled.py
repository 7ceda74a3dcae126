"""The warning of `backstay replay` and `backstay doctor` about cancellation requests that never took effect."""


def warning(number: int) -> str:
    """Return a warning: the number of such requests, their effect on the figures, and what to send."""
    return (
        f"cancellation requests that never took effect: {number:,}. No end of these subscriptions is known, so they "
        "still count; or their start is unknown (is `subscription_id` the same?). Send `cancellation.effective` "
        "or `subscription.ended`, or `term_end` with the subscription"
    )

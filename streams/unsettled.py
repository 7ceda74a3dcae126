"""The warning about requests to cancel that never took effect, as `backstay replay` and `backstay doctor` print it."""


def warning(number: int) -> str:
    """Return how many such requests there are, what that means for the figures, and what to send."""
    return (
        f"requests to cancel that never took effect: {number:,}. Nothing says when those subscriptions end, and until "
        "then they count; or no start of them is known (is `subscription_id` the same?). Send `cancellation.effective` "
        "or `subscription.ended`, or `term_end` with the subscription"
    )

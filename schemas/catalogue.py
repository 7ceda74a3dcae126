"""The catalogue: every event type (docs/events.md) by topic, whether this version reads it or not."""

from typing import Final

CATALOGUE: Final[dict[str, tuple[str, ...]]] = {
    "logins": ("login.succeeded", "login.failed"),
    "purchases": ("purchase.completed", "purchase.refunded", "purchase.delivered", "purchase.delayed"),
    "tickets": ("ticket.opened", "ticket.replied", "ticket.escalated", "ticket.reopened", "ticket.solved"),
    "cancellations": ("cancellation.requested", "cancellation.revoked", "cancellation.effective"),
    "subscriptions": (
        "subscription.started",
        "subscription.changed",
        "subscription.paused",
        "subscription.resumed",
        "subscription.renewed",
        "subscription.ended",
    ),
    "privacy": ("erasure.requested", "consent.changed", "access.requested"),
    "payments": ("payment.failed", "payment.succeeded", "card.expiring", "price.announced"),
    "usage": (
        "feature.used",
        "session.ended",
        "error.occurred",
        "milestone.reached",
        "seats.changed",
        "content.viewed",
        "community.posted",
    ),
    "feedback": (
        "survey.answered",
        "review.posted",
        "feedback.submitted",
        "feedback.answered",
        "feedback.shipped",
    ),
    "messages": (
        "message.delivered",
        "message.opened",
        "message.clicked",
        "message.bounced",
        "message.unsubscribed",
        "message.complained",
    ),
    "carts": ("cart.updated", "cart.abandoned", "checkout.failed"),
    "customers": (
        "customer.updated",
        "customer.merged",
        "acquisition.recorded",
        "referral.converted",
        "note.added",
    ),
    "outcomes": ("action.delivered", "action.converted", "action.dismissed", "experiment.exposed"),
    "reference": ("rate.published", "plan.published", "incident.started", "incident.resolved"),
}

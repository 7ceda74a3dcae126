"""The promise of `quiet_until`: until then a signal has nothing to say of a customer, if no other event comes."""

from retention.calendar import DAY, Instant
from retention.engine.signal_answers import ask
from retention.liveness import Sources
from retention.policy import Policy, SignalPolicy
from retention.signals.base import Signal, View
from retention.state.customer import Customer


def require_quiet(
    signal: Signal, tuned: SignalPolicy, named: tuple[str, Customer], policy: Policy, since: Instant, days: int
) -> None:
    """Check that a signal has nothing to say at an instant, some days later, and just before its silence ends."""
    name, customer = named
    quiet = signal.quiet_until(View(name, customer, policy, tuned, since, since, Sources()))
    for moment in (since, since + days * DAY, quiet - 1):
        if since <= moment < min(quiet, since + 400 * DAY):
            view = View(name, customer, policy, tuned, moment, moment, Sources())
            assert ask(signal, view).episode is None, (signal.name, name, moment, quiet)

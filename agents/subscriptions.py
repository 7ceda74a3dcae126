"""The agent of `subscriptions`: what is paid again and again."""

from agents.reading import Reading
from schemas.families import SUBSCRIPTIONS

subscriptions = Reading(SUBSCRIPTIONS)

"""The agent of `tickets`: what support is asked."""

from agents.reading import Reading
from schemas.families import TICKETS

tickets = Reading(TICKETS)

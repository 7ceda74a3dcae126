"""The agent of `purchases`: orders, refunds, deliveries."""

from agents.reading import Reading
from schemas.families import PURCHASES

purchases = Reading(PURCHASES)

"""The agent of `cancellations`: who wants to leave, and who left."""

from agents.reading import Reading
from schemas.families import CANCELLATIONS

cancellations = Reading(CANCELLATIONS)

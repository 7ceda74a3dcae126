"""The agent of `logins`: people sign in."""

from agents.reading import Reading
from schemas.families import LOGINS

logins = Reading(LOGINS)

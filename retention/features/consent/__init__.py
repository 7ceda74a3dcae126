"""Consents of `privacy` and opt-outs of `messages`: what customers want to hear, and by which channels."""

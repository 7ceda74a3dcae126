"""The risk that a customer leaves, and its card: everything that is known of one customer on one page.

Rule: a card is a function of one customer's state and an instant. Nothing here knows when cards are written
(`retention/engine/cards.py`).
"""

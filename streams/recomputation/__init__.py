"""Computes the same figures again from the raw log, with a program that shares no code with the worker's.

Slow and plain on purpose: for every customer and every boundary it reads the customer's events from the beginning.
Demonstrations and tests compare the streamed figures with it.
"""

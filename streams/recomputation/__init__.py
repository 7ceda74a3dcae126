"""The same figures, computed once more from the raw log by a program that shares no code with the worker's.

Slow and plain on purpose: for every customer and every boundary it reads the customer's events from the beginning.
Demonstrations and tests hold the streamed figures against it.
"""

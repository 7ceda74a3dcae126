"""Handles the batches of records of each Faust agent. Plain code: nothing here imports Faust."""

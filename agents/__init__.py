"""Who listens: one module for each Faust agent. Plain code: batches in, facts out. Faust is not known here."""

"""Who listens: what each Faust agent does. Plain code: batches in, facts out. Faust is not known here."""

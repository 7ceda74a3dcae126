"""What each Faust agent does with a batch of records. Plain code: nothing here imports Faust."""

"""A second feature of the topic `purchases`: orders that arrived, were delayed, or were paid back."""

"""A second feature of the topic `customers`: the points of a customer in a loyalty programme, and its next tier."""

"""A second feature of the topic `customers`: how a customer was won, whom it has brought, and contacts with it."""

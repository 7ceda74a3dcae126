"""The family `tickets`: a customer's support tickets."""

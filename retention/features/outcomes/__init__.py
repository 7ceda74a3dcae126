"""The family `outcomes`: what became of actions, and the experiments that a customer is in."""

"""A second feature of the topic `feedback`: what a customer had asked for, and the company has made."""

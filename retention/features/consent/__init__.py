"""The family of choices: what a customer wants to hear, and by which channels. From `privacy` and `messages`."""

"""What customers want to hear, and by which channels: consents of `privacy`, and opt-outs of `messages`."""

"""The state of a customer: a core, sections with their own versions, and how both become bytes and are read again."""

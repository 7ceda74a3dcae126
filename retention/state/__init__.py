"""The customer as it is kept: a core, sections of their own versions, and how both become bytes and are read again."""

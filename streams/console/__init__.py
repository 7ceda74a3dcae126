"""The console: what the output topics say, for people to look at, in a process of its own."""

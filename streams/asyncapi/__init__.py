"""The contracts as an AsyncAPI 3.0 document: topics, messages with examples, and who sends what."""

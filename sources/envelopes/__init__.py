"""Envelopes around records, opened before a source reads them: a module each, and one that opens them in turn."""

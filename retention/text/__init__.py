"""Sentiment, topic and language of what customers write, found without any service. A text is read and never kept."""

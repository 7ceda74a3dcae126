"""The family `feedback`: surveys, reviews, complaints and praise, and the company's replies. Texts are never stored."""

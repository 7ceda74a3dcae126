"""The family `logins`: on which days a customer signed in, and when silences ended."""

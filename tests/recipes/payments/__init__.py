"""The family `payments`, thrown away: what somebody writes who adds a family as CONTRIBUTING.md says."""

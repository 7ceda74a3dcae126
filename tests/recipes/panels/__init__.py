"""The family `panels`, thrown away: a measure and metrics that are about neither customers nor money."""

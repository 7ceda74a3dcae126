"""The pages of the console: templates, styles, pictures and words. Nothing here reads a store, a topic or the clock."""

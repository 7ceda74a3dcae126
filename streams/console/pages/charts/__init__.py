"""Pictures as SVG, each a pure function of numbers and words. Their colours are classes of the style sheet."""

"""A wheel as somebody installs it: compiled, and where there is no compiler."""

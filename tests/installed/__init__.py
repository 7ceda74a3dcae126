"""A wheel as a user installs it: compiled, and without a compiler."""

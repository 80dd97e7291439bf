"""Two implementations of one meaning, compared over generated cases."""

"""The pages of professionals: find a person, see what the role needs, act on it."""

"""The doors: each turns a protocol into calls of the way in and the way out, and holds no rule."""

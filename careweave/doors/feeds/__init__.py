"""The door for files: drop folders and MESH mailboxes."""

__all__: list[str] = []

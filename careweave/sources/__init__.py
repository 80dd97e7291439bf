"""What each legacy system sends, and how its messages become entries: descriptions, mappings, status."""

__all__: list[str] = []

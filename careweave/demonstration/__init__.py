"""The fictional people of Northmere, and the native messages that each of its systems sends of them."""

__all__: list[str] = []

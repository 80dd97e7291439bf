"""Whose record is it: demographics compared, linked to a person, explained and taken back."""

__all__: list[str] = []

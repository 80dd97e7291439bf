"""Growing the record by many people."""

from bench.load import Target


def grow(target: Target, n_patients: int) -> None:
    """Loads people."""

"""Careweave: the digital infrastructure of integrated health and social care for one region."""

__version__ = "0.1.0"

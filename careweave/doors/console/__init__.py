"""The pages of those who answer for the service: first the privacy officer's queue."""

"""The door for HL7 v2 over MLLP."""

__all__: list[str] = []

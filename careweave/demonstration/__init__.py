"""The fictional people of Northmere, and the native messages that each of its systems sends of them."""

from careweave.demonstration._model import Sent
from careweave.demonstration._sending import sent

__all__ = ["Sent", "sent"]

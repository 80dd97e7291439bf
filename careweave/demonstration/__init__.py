"""The fictional people of Northmere, and the native messages that each of its systems sends of them."""

from careweave.demonstration._model import Sent
from careweave.demonstration._region import Organisation, Region, read_region
from careweave.demonstration._sending import named, sent
from careweave.demonstration._trickle import trickle

__all__ = ["Organisation", "Region", "Sent", "named", "read_region", "sent", "trickle"]

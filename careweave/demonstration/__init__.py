"""The fictional people of Northmere, and the native messages that each of its systems sends of them."""

from careweave.demonstration._calendar import HISTORY_DAYS, opening
from careweave.demonstration._model import Sent
from careweave.demonstration._region import Organisation, Region, read_region
from careweave.demonstration._sending import named, sent
from careweave.demonstration._trickle import trickle
from careweave.demonstration._truth import Told, facts_of, truths
from careweave.demonstration._validate import faults_of_people

__all__ = [
    "HISTORY_DAYS",
    "Organisation",
    "Region",
    "Sent",
    "Told",
    "facts_of",
    "faults_of_people",
    "named",
    "opening",
    "read_region",
    "sent",
    "trickle",
    "truths",
]

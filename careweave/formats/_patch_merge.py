"""JSON Merge Patch: an object whose members replace, and whose nulls remove."""

from careweave.formats._patch_json import kept_identity, without_empty_lists
from careweave.terms import Incorrect, Json


def merge_patch(value: dict[str, Json], patch: Json) -> dict[str, Json]:
    """Returns the resource after the patch; the one given stays as it is.

    Lists are replaced as a whole. Neither `resourceType` nor `id` may change.
    Source: RFC 7396. R4 does not name it; clients of several servers send it.
    """
    if not isinstance(patch, dict):
        raise Incorrect("A JSON Merge Patch is an object.", code="structure")
    return kept_identity(value, without_empty_lists(_merged(value, patch)))


def _merged(value: Json, patch: Json) -> Json:
    if not isinstance(patch, dict):
        return patch
    kept = dict(value) if isinstance(value, dict) else {}
    for name, part in patch.items():
        if part is None:
            kept.pop(name, None)
        else:
            kept[name] = _merged(kept.get(name), part)
    return kept

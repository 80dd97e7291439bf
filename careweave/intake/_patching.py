"""Patches: what an entry would be after one."""

from careweave.formats import (
    Resource,
    fhirpath_patch,
    json_patch,
    merge_patch,
    read_json,
    splice,
    write_json,
)
from careweave.intake._work import Work
from careweave.record import Held
from careweave.terms import Fault, Json


def patched(work: Work) -> Resource:
    """Returns the entry as the patch makes it; raises where the patch does not fit."""
    held, patch = work.held, work.request.patch
    if held is None or patch is None:
        raise Fault
    value = current(held)
    if isinstance(patch, Resource):
        return read_json(write_json(fhirpath_patch(value, patch.value)))
    apply = merge_patch if isinstance(patch, dict) else json_patch
    return read_json(write_json(apply(value, patch)))


def current(held: Held) -> dict[str, Json]:
    """Returns the entry as it would be read now."""
    if held.body is None:
        raise Fault
    shown = splice(
        held.body,
        held.cut,
        id=held.id,
        version=held.version,
        updated=held.updated,
        meta=held.meta,
    )
    return read_json(shown).value

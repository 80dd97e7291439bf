"""Makes works of requests: what can be refused without the database is refused here."""

from collections.abc import Callable
from dataclasses import dataclass

from careweave.intake._draft import Drafter
from careweave.intake._facts import SourceSettings
from careweave.intake._references import check_references
from careweave.intake._requests import Interaction, WriteRequest, Writing
from careweave.intake._work import Work
from careweave.terms import Actor, Fault, Incorrect


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes works: the drafter, what the region says of a client, and who gives public ids."""

    drafter: Drafter
    settings: Callable[[Actor], SourceSettings]
    ids: Callable[[], str]

    def work(self, request: WriteRequest, writing: Writing, public_id: str | None = None) -> Work:
        """Returns the work of a request; raises when its resource is not one to store.

        `public_id` is the id of the entry where it is settled already.
        """
        source = self.settings(writing.actor)
        if public_id is None:
            is_new = request.interaction is Interaction.CREATE or request.id is None
            public_id = self.ids() if is_new else str(request.id)
        draft = None
        if request.resource is not None:
            check_references(request.resource)
            draft = self.drafter.draft(request.resource, public_id, source)
        return Work(request, writing, public_id, draft, source)


def check_request(request: WriteRequest) -> None:
    """Raises when a request lacks its resource, its patch or its id, or they contradict."""
    if request.interaction in (Interaction.CREATE, Interaction.UPDATE):
        _check_resource(request)
    if request.interaction is Interaction.UPDATE and request.condition is None:
        _check_id(request)
    if request.interaction is Interaction.PATCH and request.patch is None:
        message = "A patch is needed here."
        raise Incorrect(message, where=request.where, code="required")
    is_named = request.id is not None or request.condition is not None
    if request.interaction is not Interaction.CREATE and not is_named:
        raise Fault


def _check_resource(request: WriteRequest) -> None:
    resource = request.resource
    if resource is None:
        message = "A resource is needed here."
        raise Incorrect(message, where=request.where, code="required")
    if resource.type != request.type:
        message = "The resource is of another type than the address says."
        raise Incorrect(message, where="resourceType", code="value")


def _check_id(request: WriteRequest) -> None:
    said = request.resource.id if request.resource is not None else None
    if said is None:
        message = "The resource of an update carries its id."
        raise Incorrect(message, where=f"{request.type}.id", code="required")
    if said != request.id:
        message = "The id of the resource is not that of the address."
        raise Incorrect(message, where=f"{request.type}.id", code="value")

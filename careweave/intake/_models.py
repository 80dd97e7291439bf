"""The models by which it is judged who is who: listed, put in force, what they should know of.

Source: reference/identity.md section 13; docs/decisions/0026.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from careweave import identity, ledger
from careweave.db import Database, Session
from careweave.identity import KeptModel, LikelyPlaceholder, Looking, Shadow
from careweave.intake._draft import new_person
from careweave.intake._operators import Operator, account_of_act, stated
from careweave.terms import Json, SubjectId


class ModelForm(StrEnum):
    """How a model is written: as our own document, or as Splink keeps one."""

    OWN = "own"
    SPLINK = "splink"


def models(session: Session) -> tuple[KeptModel, ...]:
    """Returns the models that are or were in force, the newest first."""
    return identity.models(session)


def activate_model(
    session: Session, document: Mapping[str, Json], *, operator: Operator, why: str
) -> str:
    """Puts a model in force from now on, signed off by the operator, and returns its name.

    What was decided before stays. Raises Incorrect with all faults of the document.
    """
    reason = stated(why)
    model = identity.activate_model(session, document, at=operator.at, actor=operator.name)
    what = f"Model/{model.name}"
    told = account_of_act(operator, "activate-model", what, n_items=1, why=reason)
    ledger.append(session, (told,))
    return model.name


def hold_model_against(
    database: Database, document: Mapping[str, Json], *, now: datetime
) -> Shadow:
    """Returns what another model would decide of everybody who is known; nothing is changed.

    That a source keeps nobody twice is left out: it forbids some links that are told of here.
    Raises Incorrect with all faults of the document.
    """
    with database.session(bulk=True) as session:
        model = identity.model_to_try(session, document)
    found = Shadow(SubjectId(0))
    while found.last is not None:
        with database.session(bulk=True, snapshot=True) as session:
            means = identity.means(session, new_person=new_person)
            looking = Looking(now, means.limits, keeps_nobody_twice=False)
            found += identity.shadow(session, model, looking, means=means, after=found.last)
    return found


def model_in_force(session: Session) -> str:
    """Returns the name of the model by which it is judged now."""
    return identity.model_in_force(session).name


def model_document(session: Session, *, form: ModelForm) -> dict[str, Json]:
    """Returns the model in force as a document, without how common each name of the region is."""
    model = identity.model_in_force(session)
    match form:
        case ModelForm.OWN:
            return {**model.document, "frequencies": {}}
        case ModelForm.SPLINK:
            return identity.export_splink(model)


def adopted_model(session: Session, document: Mapping[str, Json], *, name: str) -> dict[str, Json]:
    """Returns the model in force, under another name, with the shares that Splink learned for it.

    Nothing is put in force. Raises Incorrect where the document is not an export of the model.
    """
    model = identity.adopt_splink(identity.model_in_force(session), document)
    return {**model.document, "name": name, "frequencies": {}}


def likely_placeholders(session: Session, *, operator: Operator) -> tuple[LikelyPlaceholder, ...]:
    """Returns values that one source has so often, and others so rarely, that they mean nothing.

    They are values of demographics that many share: for the officer who keeps the lists. That they
    were listed is accounted for.
    """
    found = tuple(identity.likely_placeholders(session, identity.rules_in_force(session)))
    what = "Identity/placeholders"
    ledger.append(
        session, (account_of_act(operator, "list-placeholders", what, n_items=len(found)),)
    )
    return found

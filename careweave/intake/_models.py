"""The models by which it is judged who is who: listed, put in force, what they should know of.

Source: reference/identity.md section 13; docs/decisions/0026.
"""

from collections.abc import Mapping

from careweave import identity, ledger
from careweave.db import Session
from careweave.identity import KeptModel, LikelyPlaceholder
from careweave.intake._operators import Operator, account_of_act, stated
from careweave.terms import Json


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


def model_in_force(session: Session) -> str:
    """Returns the name of the model by which it is judged now."""
    return identity.model_in_force(session).name


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

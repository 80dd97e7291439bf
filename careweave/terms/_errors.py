"""The one tree of errors.

    CareweaveError
      Incorrect      400  the request is wrong; say what and where
        Unprocessable  422  a valid form with content that breaks a rule
        TooCostly      422  the answer would cost more than its budget
        TooLong        413  larger than a limit at the door
      Forbidden      403  policy refuses the operation
        Unauthenticated 401 no valid token
      NotFound       404  absent, or not visible: the same answer
        Gone           410  deleted, and the caller could have read it
      Conflict       409  somebody else changed it, or used the same message id
        Stale          412  the version named is not the current one
        Ambiguous      412  a condition matches more than one
      Unsupported    501  not offered here
        MethodRefused  405
        NotAcceptable  406
        UnsupportedMedia 415
      Busy           429  over a budget of requests; try again after a while
        OverBudget     429  over what an agreement lets one user open; says when to try again
      Unavailable    503  something this answer needs does not respond
      Fault          500  our mistake

A message says what is wrong, where, and what to do next. It never carries a person's data.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar


class Severity(StrEnum):
    """How bad an issue is. Source: FHIR R4 4.0.1, value set issue-severity."""

    FATAL = "fatal"
    ERROR = "error"
    WARNING = "warning"
    INFORMATION = "information"


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing that is wrong, and where.

    `code` is of the FHIR R4 value set issue-type; `where` is a FHIRPath or the name of a parameter.
    """

    severity: Severity
    code: str
    message: str
    where: str | None = None


class CareweaveError(Exception):
    """Something prevents the answer. The docstring of each kind is its default message."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "exception"
    exit_code: ClassVar[int] = 70

    def __init__(
        self,
        message: str | None = None,
        *,
        where: str | None = None,
        code: str | None = None,
        issues: tuple[Issue, ...] = (),
    ) -> None:
        """Takes a sentence for people, the place, a narrower issue code, or all issues found."""
        text = message or (type(self).__doc__ or type(self).__name__).strip()
        super().__init__(text)
        self.message = text
        self.where = where
        self.issues = issues or (Issue(Severity.ERROR, code or self.code, text, where),)


class Incorrect(CareweaveError):
    """The request is not correct."""

    status = 400
    code = "invalid"
    exit_code = 64


class Unprocessable(Incorrect):
    """The form is right but the content breaks a rule."""

    status = 422
    code = "business-rule"


class TooCostly(Incorrect):
    """The answer would cost more than its budget; add a narrower condition."""

    status = 422
    code = "too-costly"


class TooLong(Incorrect):
    """This is larger than what is accepted here."""

    status = 413
    code = "too-long"


class Forbidden(CareweaveError):
    """The policy in force does not allow this."""

    status = 403
    code = "forbidden"
    exit_code = 77


class Unauthenticated(Forbidden):
    """A valid bearer token is needed."""

    status = 401
    code = "login"


class NotFound(CareweaveError):
    """There is nothing here that you may see."""

    status = 404
    code = "not-found"
    exit_code = 66


class Gone(NotFound):
    """This was deleted."""

    status = 410
    code = "deleted"


class Conflict(CareweaveError):
    """This conflicts with what is already held."""

    status = 409
    code = "conflict"
    exit_code = 65


class Stale(Conflict):
    """The version that you named is not the current one; read it again."""

    status = 412
    code = "conflict"


class Ambiguous(Conflict):
    """The condition matches more than one; make it narrower."""

    status = 412
    code = "multiple-matches"


class Unsupported(CareweaveError):
    """This is not offered here."""

    status = 501
    code = "not-supported"
    exit_code = 69


class MethodRefused(Unsupported):
    """This address does not take that method."""

    status = 405


class NotAcceptable(Unsupported):
    """The answer cannot be given in the format that was asked for."""

    status = 406


class UnsupportedMedia(Unsupported):
    """The content type is not one that is read here."""

    status = 415


class Busy(CareweaveError):
    """Too many requests just now; try again after the time named."""

    status = 429
    code = "throttled"
    exit_code = 75


class OverBudget(Busy):
    """This is more than may be opened for now; try again later, or ask your privacy officer."""

    def __init__(self, retry_s: int = 3600) -> None:
        """Takes in how many seconds there is a budget again."""
        super().__init__()
        self.retry_s = retry_s


class Unavailable(CareweaveError):
    """Something that this answer needs does not respond; try again soon."""

    status = 503
    code = "transient"
    exit_code = 75


class Crowded(Unavailable):
    """Many ask at once just now. Wait a few seconds and try again."""

    retry_s = 2


class Fault(CareweaveError):
    """A fault of ours; the request number helps us to find it."""

    status = 500
    code = "exception"
    exit_code = 70

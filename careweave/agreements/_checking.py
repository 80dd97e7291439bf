"""What the checks of one file share: where it says what, and how a fault is noted."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from careweave.agreements._nodes import Node
from careweave.agreements._notices import Grade, Notice, Notices
from careweave.agreements._organisations import expanded
from careweave.agreements._values import Organisation, Rules
from careweave.agreements._yaml import Document, Path, place


@dataclass(slots=True)
class Checking:
    """One file whose form is right, and what is wrong with what it says."""

    document: Document
    top: Node
    organisations: Mapping[str, Organisation]
    rules: Rules
    notices: Notices
    is_refused: bool = False

    def fault(self, rule: str, path: Path, what: str, fix: str) -> None:
        """Notes why the file is refused."""
        self.is_refused = True
        self._note(Grade.REJECT, rule, path, what, fix)

    def warn(self, rule: str, path: Path, what: str, fix: str) -> None:
        """Notes what somebody should know."""
        self._note(Grade.WARN, rule, path, what, fix)

    def _note(self, grade: Grade, rule: str, path: Path, what: str, fix: str) -> None:
        file, line = self.document.file, self.document.line(path)
        name = self.top["id"].text()
        self.notices.add(Notice(grade, rule, file, line, place(path), what, fix, name))

    def clauses(self) -> Iterator[tuple[Path, Node]]:
        """Yields each clause and where it stands."""
        for at, clause in enumerate(self.top["clauses"].items()):
            yield ("clauses", at), clause

    def all_of(self, references: tuple[str, ...]) -> frozenset[str]:
        """Returns the organisations of references; unknown ones add nobody."""
        found = (expanded(reference, self.organisations) for reference in references)
        return frozenset(slug for slugs in found for slug in slugs or ())

"""The part of a source that says how it tells who is who. Source: reference/identity.md 5, 7, 15."""

from careweave.sources._context import check_names, word
from careweave.sources._faults import Faults, near
from careweave.sources._source import Telling, TrustedNumbers
from careweave.sources._yaml import Table, Tree

_KEYS = ("numbers", "deduplicates", "links", "rank", "names_persons", "about")
_ANSWERS = {"true": True, "false": False}
_MOST = 99


def telling(tree: Tree | None, faults: Faults) -> Telling:
    """Returns what `identity:` of a source says; what it does not say is as usual."""
    usual = Telling()
    if tree is None:
        return usual
    if not isinstance(tree, Table):
        faults.add(tree.spot, "identity is an object", "write identity: {numbers: stated}")
        return usual
    check_names(faults, tree, (), _KEYS)
    return Telling(
        numbers=_numbers(tree, usual.numbers, faults),
        deduplicates=_answer(tree, "deduplicates", faults, usual=usual.deduplicates),
        links=_answer(tree, "links", faults, usual=usual.links),
        rank=_rank(tree, usual.rank, faults),
        names_persons=_answer(tree, "names_persons", faults, usual=usual.names_persons),
    )


def _numbers(tree: Table, usual: TrustedNumbers, faults: Faults) -> TrustedNumbers:
    held = tree.get("numbers")
    text = word(faults, held, "numbers", default=usual.value)
    known = [one.value for one in TrustedNumbers]
    if text in known:
        return TrustedNumbers(text)
    if held is not None:
        faults.add(held.spot, f"numbers: {text} is not known", near(text, known))
    return usual


def _answer(tree: Table, name: str, faults: Faults, *, usual: bool) -> bool:
    held = tree.get(name)
    if held is None:
        return usual
    text = word(faults, held, name)
    if text not in _ANSWERS:
        faults.add(held.spot, f"{name}: {text} is not known", "write true or false")
    return _ANSWERS.get(text, usual)


def _rank(tree: Table, usual: int, faults: Faults) -> int:
    held = tree.get("rank")
    if held is None:
        return usual
    text = word(faults, held, "rank")
    if text.isascii() and text.isdigit() and int(text) <= _MOST:
        return int(text)
    fix = f"write a number from 0, which is shown first, to {_MOST}"
    faults.add(held.spot, "the rank is a whole number", fix)
    return usual

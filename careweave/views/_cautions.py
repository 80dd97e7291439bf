"""Interactions as a page says them: by name only where both are shown to this reader.

Source: `reference/record.md` 6.3.
"""

from careweave.disclosure import Interaction, ShownPerson
from careweave.views._clinical_context import Caution
from careweave.views._making import Making


def cautions(shown: ShownPerson, making: Making) -> tuple[Caution, ...]:
    """Returns what does not go together, the worst first."""
    return tuple(_caution(one, making) for one in shown.interactions.found)


def _caution(one: Interaction, making: Making) -> Caution:
    if one.medicines:
        names = making.say("{one} with {other}", one=one.medicines[0], other=one.medicines[-1])
        text = making.say("{names}: {effect}", names=names, effect=one.effect)
        text = text if one.effect else names
    else:
        text = making.say("Interaction with a medicine that is not shown to you")
    return Caution(
        text=text,
        severity=making.say(one.severity),
        action=making.say(one.action),
        contact=" ".join(part for part in (one.contact, one.telephone) if part),
        medicines=one.medicines,
    )


def caution_lines(shown: ShownPerson, making: Making) -> tuple[str, ...]:
    """Returns each of them as one line: how severe, what, what to do, whom to call."""
    return tuple(
        making.say(
            "{severity}: {text}. {action}: {contact}",
            severity=one.severity.capitalize(),
            text=one.text,
            action=one.action,
            contact=one.contact,
        )
        for one in cautions(shown, making)
    )

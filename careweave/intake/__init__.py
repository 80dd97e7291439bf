"""The way in: every write is checked, classified, labelled, appended and accounted here."""

from careweave.identity import (
    Acted,
    Answer,
    Answered,
    Explanation,
    Ground,
    Happened,
    Item,
    KeptModel,
    LikelyPlaceholder,
    Would,
)
from careweave.identity.train import Fairness, Rates, Share
from careweave.intake._acts import (
    clear_files,
    parked_numbers,
    refuse_messages,
    release_messages,
    retry_messages,
)
from careweave.intake._adopting import adopt_identity, identity_rules
from careweave.intake._arrival import (
    Arrival,
    Duplicate,
    Kept,
    MessageState,
    Received,
    TurnedAway,
)
from careweave.intake._bodies import Attempt, Opened, bodies_of, open_message
from careweave.intake._classify import classify
from careweave.intake._deciding import (
    Deed,
    answer_review,
    claim_review,
    explain_decision,
    join_people,
    keep_patients_apart,
    link_patient,
    person_history,
    records_of_person,
    review_item,
    reviews,
    seal_patients,
    take_back,
    undo_review,
    unlink_patient,
)
from careweave.intake._facts import Classification, Context, Parent, SourceSettings
from careweave.intake._import import Imported, ImportOrder, Progress, run_import
from careweave.intake._labels import inherit
from careweave.intake._maintenance import erase, expire_receipts, find_faults, keep_statistics
from careweave.intake._messages import (
    Message,
    MessagePage,
    Place,
    Wanted,
    message_of,
    messages_of,
    search_messages,
)
from careweave.intake._models import (
    ModelForm,
    activate_model,
    adopted_model,
    hold_model_against,
    likely_placeholders,
    model_document,
    model_in_force,
    models,
)
from careweave.intake._named import named_patient
from careweave.intake._opening import open_source
from careweave.intake._operators import Operator
from careweave.intake._pulse import Pulse
from careweave.intake._quarantine import Waiting, quarantine_sizes, waiting
from careweave.intake._reasons import Owner, ReasonText, reason_text, reasons
from careweave.intake._receive import Receiver, expire_seen, receive
from careweave.intake._receive_keys import patient_key
from careweave.intake._refresh import Live, refresh
from careweave.intake._replay import Replayed, Selection, replay, try_replay
from careweave.intake._replay_lines import requeue, settled
from careweave.intake._requests import (
    Condition,
    Interaction,
    Outcome,
    Reads,
    WriteRequest,
    Writing,
    Written,
)
from careweave.intake._rules import Rules, load_rules
from careweave.intake._stopping import start_source, stop_source
from careweave.intake._tending import (
    Tended,
    check_identity,
    settle_identity,
    tend_identity,
)
from careweave.intake._training import (
    Learnt,
    Measured,
    Tables,
    learn_from_region,
    learn_from_tables,
    measure_on_region,
    measure_on_tables,
)
from careweave.intake._worker import Worker, keep_arriving
from careweave.intake._worker_build import settings_of
from careweave.intake._worker_shift import keep_partitions
from careweave.intake._writer import Writer, new_public_id, plain_settings

__all__ = [
    "Acted",
    "Answer",
    "Answered",
    "Arrival",
    "Attempt",
    "Classification",
    "Condition",
    "Context",
    "Deed",
    "Duplicate",
    "Explanation",
    "Fairness",
    "Ground",
    "Happened",
    "ImportOrder",
    "Imported",
    "Interaction",
    "Item",
    "Kept",
    "KeptModel",
    "Learnt",
    "LikelyPlaceholder",
    "Live",
    "Measured",
    "Message",
    "MessagePage",
    "MessageState",
    "ModelForm",
    "Opened",
    "Operator",
    "Outcome",
    "Owner",
    "Parent",
    "Place",
    "Progress",
    "Pulse",
    "Rates",
    "Reads",
    "ReasonText",
    "Received",
    "Receiver",
    "Replayed",
    "Rules",
    "Selection",
    "Share",
    "SourceSettings",
    "Tables",
    "Tended",
    "TurnedAway",
    "Waiting",
    "Wanted",
    "Worker",
    "Would",
    "WriteRequest",
    "Writer",
    "Writing",
    "Written",
    "activate_model",
    "adopt_identity",
    "adopted_model",
    "answer_review",
    "bodies_of",
    "check_identity",
    "claim_review",
    "classify",
    "clear_files",
    "erase",
    "expire_receipts",
    "expire_seen",
    "explain_decision",
    "find_faults",
    "hold_model_against",
    "identity_rules",
    "inherit",
    "join_people",
    "keep_arriving",
    "keep_partitions",
    "keep_patients_apart",
    "keep_statistics",
    "learn_from_region",
    "learn_from_tables",
    "likely_placeholders",
    "link_patient",
    "load_rules",
    "measure_on_region",
    "measure_on_tables",
    "message_of",
    "messages_of",
    "model_document",
    "model_in_force",
    "models",
    "named_patient",
    "new_public_id",
    "open_message",
    "open_source",
    "parked_numbers",
    "patient_key",
    "person_history",
    "plain_settings",
    "quarantine_sizes",
    "reason_text",
    "reasons",
    "receive",
    "records_of_person",
    "refresh",
    "refuse_messages",
    "release_messages",
    "replay",
    "requeue",
    "retry_messages",
    "review_item",
    "reviews",
    "run_import",
    "seal_patients",
    "search_messages",
    "settings_of",
    "settle_identity",
    "settled",
    "start_source",
    "stop_source",
    "take_back",
    "tend_identity",
    "try_replay",
    "undo_review",
    "unlink_patient",
    "waiting",
]

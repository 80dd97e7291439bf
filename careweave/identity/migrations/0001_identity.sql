-- Whose record is it: demographics as received, decisions with their reasons, and who is linked to whom.
CREATE SCHEMA IF NOT EXISTS identity;
COMMENT ON SCHEMA identity IS 'Which patient records are about one person; only the room identity names its tables.';

CREATE TABLE identity.model (
    model text PRIMARY KEY,
    digest bytea NOT NULL,
    document jsonb NOT NULL,
    signed_off_by text,
    activated_at timestamptz,
    retired_at timestamptz
);
CREATE UNIQUE INDEX model_in_force ON identity.model ((TRUE))
WHERE activated_at IS NOT NULL AND retired_at IS NULL;
COMMENT ON TABLE identity.model IS 'The scoring models; one is in force.';
COMMENT ON COLUMN identity.model.model IS 'The name and version of the model.';
COMMENT ON COLUMN identity.model.digest IS 'The SHA-256 of the document.';
COMMENT ON COLUMN identity.model.document IS 'Comparisons, frequencies, thresholds, training and evaluation.';
COMMENT ON COLUMN identity.model.signed_off_by IS 'The officer who signed it off.';
COMMENT ON COLUMN identity.model.activated_at IS 'From when it decided.';
COMMENT ON COLUMN identity.model.retired_at IS 'Until when it decided.';

CREATE TABLE identity.event (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    kind text NOT NULL,
    actor text NOT NULL,
    cause text NOT NULL,
    group_id uuid NOT NULL,
    inverse_of uuid,
    payload jsonb NOT NULL,
    digest bytea NOT NULL
);
CREATE INDEX event_group ON identity.event (group_id);
COMMENT ON TABLE identity.event IS 'The only clock of the room: one row for all that is decided at once; never changed.';
COMMENT ON COLUMN identity.event.seq IS 'The identity sequence.';
COMMENT ON COLUMN identity.event.at IS 'When it was decided.';
COMMENT ON COLUMN identity.event.kind IS 'Resolve, link, unlink, join, split, merge, unmerge, seal, freeze and their like.';
COMMENT ON COLUMN identity.event.actor IS 'The source or the officer who decided.';
COMMENT ON COLUMN identity.event.cause IS 'The message, request or case that it was decided for.';
COMMENT ON COLUMN identity.event.group_id IS 'What was decided together, and can be taken back together.';
COMMENT ON COLUMN identity.event.inverse_of IS 'The group that this one takes back.';
COMMENT ON COLUMN identity.event.payload IS 'What was decided: numbers of subjects and persons, no demographics.';
COMMENT ON COLUMN identity.event.digest IS 'The SHA-256 of the canonical row, for the account in the ledger.';

CREATE TABLE identity.person (
    person uuid PRIMARY KEY,
    created_seq bigint NOT NULL,
    created_at timestamptz NOT NULL
);
COMMENT ON TABLE identity.person IS 'The persons: opaque ids, never reused, never removed.';
COMMENT ON COLUMN identity.person.person IS 'The opaque id.';
COMMENT ON COLUMN identity.person.created_seq IS 'The event that made it.';
COMMENT ON COLUMN identity.person.created_at IS 'When it was made.';

CREATE TABLE identity.local_identity (
    subject bigint PRIMARY KEY,
    source text COLLATE "C" NOT NULL,
    authority text COLLATE "C" NOT NULL,
    local_id text COLLATE "C" NOT NULL,
    state text NOT NULL DEFAULT 'live' CHECK (state IN ('live', 'frozen', 'retired', 'sealed')),
    is_provisional boolean NOT NULL DEFAULT FALSE,
    replaced_by bigint,
    version int NOT NULL,
    norm bytea NOT NULL,
    seen_at timestamptz NOT NULL,
    alive_at timestamptz,
    is_incomplete boolean NOT NULL DEFAULT FALSE,
    UNIQUE (authority, local_id)
);
CREATE INDEX local_identity_replaced ON identity.local_identity (replaced_by)
WHERE replaced_by IS NOT NULL;
CREATE INDEX local_identity_incomplete ON identity.local_identity (subject) WHERE is_incomplete;
COMMENT ON TABLE identity.local_identity IS 'The patient records of sources as they are compared now.';
COMMENT ON COLUMN identity.local_identity.subject IS 'The compartment key of the record.';
COMMENT ON COLUMN identity.local_identity.source IS 'The source that last told its demographics.';
COMMENT ON COLUMN identity.local_identity.authority IS 'The id namespace.';
COMMENT ON COLUMN identity.local_identity.local_id IS 'The public Patient id.';
COMMENT ON COLUMN identity.local_identity.state IS 'Live; frozen by an alarm; retired by a merge at the source; sealed for ever.';
COMMENT ON COLUMN identity.local_identity.is_provisional IS 'Too little is known of it to be compared.';
COMMENT ON COLUMN identity.local_identity.replaced_by IS 'The subject that a merge at the source put in its place.';
COMMENT ON COLUMN identity.local_identity.version IS 'The newest version of its demographics.';
COMMENT ON COLUMN identity.local_identity.norm IS 'Its demographics of all periods, normalised and packed.';
COMMENT ON COLUMN identity.local_identity.seen_at IS 'When its source last spoke of it.';
COMMENT ON COLUMN identity.local_identity.alive_at IS 'When its source last saw the person alive, as far as it told.';
COMMENT ON COLUMN identity.local_identity.is_incomplete IS 'Keys too common were left out when it was resolved: the nightly sweep looks again.';

CREATE TABLE identity.source_record (
    subject bigint NOT NULL,
    version int NOT NULL,
    source text COLLATE "C" NOT NULL,
    entry_version int NOT NULL,
    received_at timestamptz NOT NULL,
    raw bytea,
    norm_version text NOT NULL,
    content_hash bytea NOT NULL,
    PRIMARY KEY (subject, version)
);
COMMENT ON TABLE identity.source_record IS 'Every version of the demographics of a local identity, as received; never changed.';
COMMENT ON COLUMN identity.source_record.subject IS 'The local identity.';
COMMENT ON COLUMN identity.source_record.version IS 'The version, from 1.';
COMMENT ON COLUMN identity.source_record.source IS 'The source that told it.';
COMMENT ON COLUMN identity.source_record.entry_version IS 'The version of the Patient entry that it was read from.';
COMMENT ON COLUMN identity.source_record.received_at IS 'When it came.';
COMMENT ON COLUMN identity.source_record.raw IS 'The demographics as written; empty once erased.';
COMMENT ON COLUMN identity.source_record.norm_version IS 'The version of the rules that normalised it.';
COMMENT ON COLUMN identity.source_record.content_hash IS 'The SHA-256 of the demographics as written.';

CREATE TABLE identity.decision (
    decision bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    seq bigint NOT NULL,
    subject bigint NOT NULL,
    version int NOT NULL,
    person uuid NOT NULL,
    verdict text NOT NULL CHECK (verdict IN ('LINK', 'NOT_SAME', 'UNLINK')),
    method text NOT NULL,
    reason text NOT NULL,
    model text,
    weight real,
    lead real,
    explanation jsonb NOT NULL,
    confidence text NOT NULL,
    decided_by text NOT NULL,
    decided_at timestamptz NOT NULL,
    supersedes bigint
);
CREATE INDEX decision_subject ON identity.decision (subject, seq);
CREATE INDEX decision_person ON identity.decision (person, seq);
COMMENT ON TABLE identity.decision IS 'Who was linked to whom, or not, why and by whom; rows are only ever added.';
COMMENT ON COLUMN identity.decision.decision IS 'The number of the decision.';
COMMENT ON COLUMN identity.decision.seq IS 'The event that it belongs to.';
COMMENT ON COLUMN identity.decision.subject IS 'The local identity.';
COMMENT ON COLUMN identity.decision.version IS 'The version of its demographics that was judged.';
COMMENT ON COLUMN identity.decision.person IS 'The person.';
COMMENT ON COLUMN identity.decision.verdict IS 'Linked, not the same, or no longer linked.';
COMMENT ON COLUMN identity.decision.method IS 'By number, by comparison, by a human, by a merge at the source, or as a new person.';
COMMENT ON COLUMN identity.decision.reason IS 'A sentence for the officer who reads it.';
COMMENT ON COLUMN identity.decision.model IS 'The model that scored it.';
COMMENT ON COLUMN identity.decision.weight IS 'Log2 of the odds that both are one person.';
COMMENT ON COLUMN identity.decision.lead IS 'The weight less that of the second best person.';
COMMENT ON COLUMN identity.decision.explanation IS 'Field by field: level and weight; candidates, vetoes, alarms; no values of anybody.';
COMMENT ON COLUMN identity.decision.confidence IS 'Verified, demographic, human or provisional.';
COMMENT ON COLUMN identity.decision.decided_by IS 'The source, the machine or the officer.';
COMMENT ON COLUMN identity.decision.decided_at IS 'When.';
COMMENT ON COLUMN identity.decision.supersedes IS 'The decision that it puts aside.';

CREATE TABLE identity.membership (
    subject bigint NOT NULL,
    person uuid NOT NULL,
    from_seq bigint NOT NULL,
    until_seq bigint,
    from_at timestamptz NOT NULL,
    until_at timestamptz,
    decision bigint NOT NULL,
    PRIMARY KEY (subject, from_seq)
);
CREATE UNIQUE INDEX membership_one ON identity.membership (subject) WHERE until_seq IS NULL;
CREATE INDEX membership_person ON identity.membership (person) INCLUDE (subject)
WHERE until_seq IS NULL;
CREATE INDEX membership_history ON identity.membership (person, from_seq);
COMMENT ON TABLE identity.membership IS 'Which subject belongs to which person, from when to when: made of the decisions.';
COMMENT ON COLUMN identity.membership.subject IS 'The local identity.';
COMMENT ON COLUMN identity.membership.person IS 'The person.';
COMMENT ON COLUMN identity.membership.from_seq IS 'The event that opened it.';
COMMENT ON COLUMN identity.membership.until_seq IS 'The event that closed it.';
COMMENT ON COLUMN identity.membership.from_at IS 'When it was opened.';
COMMENT ON COLUMN identity.membership.until_at IS 'When it was closed.';
COMMENT ON COLUMN identity.membership.decision IS 'The decision that opened it.';

CREATE TABLE identity.person_forward (
    person uuid NOT NULL,
    to_person uuid NOT NULL,
    from_seq bigint NOT NULL,
    until_seq bigint,
    PRIMARY KEY (person, from_seq),
    CHECK (person <> to_person)
);
CREATE UNIQUE INDEX person_forward_one ON identity.person_forward (person) WHERE until_seq IS NULL;
CREATE INDEX person_forward_to ON identity.person_forward (to_person) WHERE until_seq IS NULL;
COMMENT ON TABLE identity.person_forward IS 'A person that answers as another after both were joined.';
COMMENT ON COLUMN identity.person_forward.person IS 'The id that was given up.';
COMMENT ON COLUMN identity.person_forward.to_person IS 'The id that answers for it.';
COMMENT ON COLUMN identity.person_forward.from_seq IS 'The event that joined them.';
COMMENT ON COLUMN identity.person_forward.until_seq IS 'The event that parted them again.';

CREATE TABLE identity.barrier (
    left_subject bigint NOT NULL,
    right_subject bigint NOT NULL,
    kind text NOT NULL CHECK (kind IN ('not_same', 'number_conflict', 'sealed')),
    decision bigint,
    basis bytea,
    from_seq bigint NOT NULL,
    until_seq bigint,
    PRIMARY KEY (left_subject, right_subject, kind, from_seq),
    CHECK (left_subject < right_subject)
);
CREATE UNIQUE INDEX barrier_one ON identity.barrier (left_subject, right_subject, kind)
WHERE until_seq IS NULL;
CREATE INDEX barrier_right ON identity.barrier (right_subject) WHERE until_seq IS NULL;
COMMENT ON TABLE identity.barrier IS 'Two subjects that must never be one person.';
COMMENT ON COLUMN identity.barrier.left_subject IS 'The one with the smaller number.';
COMMENT ON COLUMN identity.barrier.right_subject IS 'The other.';
COMMENT ON COLUMN identity.barrier.kind IS 'By a human, by verified numbers that differ, or sealed.';
COMMENT ON COLUMN identity.barrier.decision IS 'The decision that set it.';
COMMENT ON COLUMN identity.barrier.basis IS 'The SHA-256 of the evidence that a human judged.';
COMMENT ON COLUMN identity.barrier.from_seq IS 'The event that set it.';
COMMENT ON COLUMN identity.barrier.until_seq IS 'The event that lifted it.';

CREATE TABLE identity.review (
    review bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    opened_seq bigint NOT NULL,
    opened_at timestamptz NOT NULL,
    kind text NOT NULL,
    subject bigint NOT NULL,
    candidates jsonb NOT NULL,
    hazard smallint NOT NULL,
    value real NOT NULL,
    basis bytea NOT NULL,
    state text NOT NULL DEFAULT 'open'
    CHECK (state IN ('open', 'claimed', 'second', 'asleep', 'closed')),
    needs_two boolean NOT NULL DEFAULT FALSE,
    due_at timestamptz,
    claimed_by text,
    claimed_until timestamptz,
    first_verdict jsonb,
    verdict text,
    closed_seq bigint,
    closed_at timestamptz
);
CREATE UNIQUE INDEX review_open ON identity.review (subject, kind) WHERE state <> 'closed';
CREATE INDEX review_subject ON identity.review (subject);
CREATE INDEX review_queue ON identity.review (hazard DESC, value DESC, opened_seq)
WHERE state IN ('open', 'claimed', 'second');
COMMENT ON TABLE identity.review IS 'What a human is asked: the queue, with claims and second readers.';
COMMENT ON COLUMN identity.review.review IS 'The number of the item.';
COMMENT ON COLUMN identity.review.opened_seq IS 'The event that asked.';
COMMENT ON COLUMN identity.review.opened_at IS 'When it was asked.';
COMMENT ON COLUMN identity.review.kind IS 'What is in doubt.';
COMMENT ON COLUMN identity.review.subject IS 'The local identity that is in doubt.';
COMMENT ON COLUMN identity.review.candidates IS 'The persons it may be, with weight, lead and vetoes; no demographics.';
COMMENT ON COLUMN identity.review.hazard IS 'How dangerous a wrong answer is: 5 the most, 1 the least.';
COMMENT ON COLUMN identity.review.value IS 'Records that would come together, times the probability.';
COMMENT ON COLUMN identity.review.basis IS 'The SHA-256 of the evidence: the same is not asked twice.';
COMMENT ON COLUMN identity.review.state IS 'Open, claimed, waiting for a second reader, asleep until new evidence, or closed.';
COMMENT ON COLUMN identity.review.needs_two IS 'Two people must say the same.';
COMMENT ON COLUMN identity.review.due_at IS 'Until when it should be answered.';
COMMENT ON COLUMN identity.review.claimed_by IS 'Who looks at it now.';
COMMENT ON COLUMN identity.review.claimed_until IS 'Until when the claim holds.';
COMMENT ON COLUMN identity.review.first_verdict IS 'What the first reader said; the second does not see it.';
COMMENT ON COLUMN identity.review.verdict IS 'What was decided.';
COMMENT ON COLUMN identity.review.closed_seq IS 'The event that answered it.';
COMMENT ON COLUMN identity.review.closed_at IS 'When it was answered.';

CREATE TABLE identity.block_key (
    key bigint NOT NULL,
    subject bigint NOT NULL,
    kind smallint NOT NULL,
    is_past boolean NOT NULL DEFAULT FALSE
);
CREATE INDEX block_key_btree ON identity.block_key (key) INCLUDE (subject);
CREATE INDEX block_key_subject ON identity.block_key (subject);
COMMENT ON TABLE identity.block_key IS 'Keys by which candidates are found. Personal data: a key can be guessed from demographics.';
COMMENT ON COLUMN identity.block_key.key IS 'A 64-bit hash of kind and parts.';
COMMENT ON COLUMN identity.block_key.subject IS 'The local identity.';
COMMENT ON COLUMN identity.block_key.kind IS 'Which parts: reference/identity.md section 8.';
COMMENT ON COLUMN identity.block_key.is_past IS 'Made of a former name, address or phone.';

CREATE TABLE identity.hot_key (
    key bigint PRIMARY KEY,
    n int NOT NULL,
    kind smallint NOT NULL,
    counted_at timestamptz NOT NULL
);
COMMENT ON TABLE identity.hot_key IS 'Keys that too many subjects share to be used alone.';
COMMENT ON COLUMN identity.hot_key.key IS 'The key.';
COMMENT ON COLUMN identity.hot_key.n IS 'How many subjects have it.';
COMMENT ON COLUMN identity.hot_key.kind IS 'Its kind.';
COMMENT ON COLUMN identity.hot_key.counted_at IS 'When they were counted.';

CREATE TABLE identity.term_frequency (
    model text NOT NULL,
    field text NOT NULL,
    term text COLLATE "C" NOT NULL,
    share real NOT NULL,
    PRIMARY KEY (model, field, term)
);
COMMENT ON TABLE identity.term_frequency IS 'How common each name or other term is in the region, by model.';
COMMENT ON COLUMN identity.term_frequency.model IS 'The model.';
COMMENT ON COLUMN identity.term_frequency.field IS 'The field.';
COMMENT ON COLUMN identity.term_frequency.term IS 'The normalised term.';
COMMENT ON COLUMN identity.term_frequency.share IS 'Its share of all values that are there, from 0 to 1.';

CREATE FUNCTION identity.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of identity.% are never changed or removed', TG_TABLE_NAME;
END $$;
CREATE TRIGGER decision_fixed BEFORE UPDATE OR DELETE ON identity.decision
FOR EACH ROW EXECUTE FUNCTION identity.refuse_change();
CREATE TRIGGER event_fixed BEFORE UPDATE OR DELETE ON identity.event
FOR EACH ROW EXECUTE FUNCTION identity.refuse_change();
CREATE TRIGGER person_fixed BEFORE UPDATE OR DELETE ON identity.person
FOR EACH ROW EXECUTE FUNCTION identity.refuse_change();

CREATE FUNCTION identity.refuse_but_until() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.until_seq IS NULL AND NEW.until_seq IS NOT NULL
        AND (to_jsonb(OLD) - 'until_seq' - 'until_at') = (to_jsonb(NEW) - 'until_seq' - 'until_at')
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'rows of identity.% are only ever ended, once', TG_TABLE_NAME;
END $$;
CREATE TRIGGER membership_ended_once BEFORE UPDATE OR DELETE ON identity.membership
FOR EACH ROW EXECUTE FUNCTION identity.refuse_but_until();
CREATE TRIGGER person_forward_ended_once BEFORE UPDATE OR DELETE ON identity.person_forward
FOR EACH ROW EXECUTE FUNCTION identity.refuse_but_until();
CREATE TRIGGER barrier_ended_once BEFORE UPDATE OR DELETE ON identity.barrier
FOR EACH ROW EXECUTE FUNCTION identity.refuse_but_until();

CREATE FUNCTION identity.refuse_but_erasure() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.raw IS NULL
        AND (to_jsonb(OLD) - 'raw') = (to_jsonb(NEW) - 'raw')
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'versions of demographics are only ever erased';
END $$;
CREATE TRIGGER source_record_fixed BEFORE UPDATE OR DELETE ON identity.source_record
FOR EACH ROW EXECUTE FUNCTION identity.refuse_but_erasure();

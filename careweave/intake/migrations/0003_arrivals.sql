-- What came in, as it was received; what waits to be done with it; and what each said of each entry.
CREATE SEQUENCE intake.message_number;

CREATE TABLE intake.message (
    id bigint NOT NULL,
    received_at timestamptz NOT NULL,
    source text COLLATE "C" NOT NULL,
    channel text NOT NULL,
    name text,
    parent bigint,
    line int,
    control_id text COLLATE "C",
    kind text COLLATE "C" NOT NULL,
    version text NOT NULL,
    event_at timestamptz,
    sent_at timestamptz,
    sha256 bytea NOT NULL,
    size int NOT NULL,
    lanes bigint[] NOT NULL,
    state text NOT NULL CHECK (
        state IN ('new', 'done', 'held', 'quarantined', 'refused', 'superseded')
    ),
    reason text,
    place text,
    suggestion text,
    findings jsonb,
    mapping text,
    n_attempts smallint NOT NULL DEFAULT 0,
    n_entries smallint NOT NULL DEFAULT 0,
    done_at timestamptz,
    PRIMARY KEY (id, received_at)
) PARTITION BY RANGE (received_at);
CREATE INDEX message_source ON intake.message (source, received_at DESC, id DESC);
CREATE INDEX message_control ON intake.message (control_id) WHERE control_id IS NOT NULL;
COMMENT ON SEQUENCE intake.message_number IS 'The numbers of messages, in the order in which they came.';
COMMENT ON TABLE intake.message IS 'Every arrival: what is known of it without opening its body. Partitions by month of receipt. No index holds the state, so that a change of state writes no index.';
COMMENT ON COLUMN intake.message.id IS 'The number of the arrival.';
COMMENT ON COLUMN intake.message.received_at IS 'When it was received.';
COMMENT ON COLUMN intake.message.source IS 'The name of the source.';
COMMENT ON COLUMN intake.message.channel IS 'How it came: mllp, file, mesh, fhir, live.';
COMMENT ON COLUMN intake.message.name IS 'The name of the file, or the id that the mailbox gave.';
COMMENT ON COLUMN intake.message.parent IS 'The arrival that this one is a part of: the file of a row.';
COMMENT ON COLUMN intake.message.line IS 'The line of the row in its file.';
COMMENT ON COLUMN intake.message.control_id IS 'The id that the sender gave.';
COMMENT ON COLUMN intake.message.kind IS 'Type and event: ADT^A01, csv-row, Bundle.';
COMMENT ON COLUMN intake.message.version IS 'The version of the format that it says.';
COMMENT ON COLUMN intake.message.event_at IS 'When what it tells of happened.';
COMMENT ON COLUMN intake.message.sent_at IS 'When it was sent.';
COMMENT ON COLUMN intake.message.sha256 IS 'The SHA-256 of its bytes.';
COMMENT ON COLUMN intake.message.size IS 'How many bytes it has.';
COMMENT ON COLUMN intake.message.lanes IS 'Keyed hashes of the lanes that it belongs to.';
COMMENT ON COLUMN intake.message.state IS 'new: it waits; done: it is in the record; held: it failed and its lanes wait; quarantined: it failed and its lanes go on; refused: it never goes in; superseded: another took its place.';
COMMENT ON COLUMN intake.message.reason IS 'Why it is held, quarantined or refused: a word of a closed list.';
COMMENT ON COLUMN intake.message.place IS 'The place in it that is the reason.';
COMMENT ON COLUMN intake.message.suggestion IS 'What to do about it.';
COMMENT ON COLUMN intake.message.findings IS 'What was noticed: code, severity, where, about, offset.';
COMMENT ON COLUMN intake.message.mapping IS 'The mapping that was tried last: id@version.';
COMMENT ON COLUMN intake.message.n_attempts IS 'How often it was tried.';
COMMENT ON COLUMN intake.message.n_entries IS 'How many entries it speaks of.';
COMMENT ON COLUMN intake.message.done_at IS 'When what it says became part of the record.';

CREATE TABLE intake.body (
    id bigint NOT NULL,
    received_at timestamptz NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (id, received_at)
) PARTITION BY RANGE (received_at);
ALTER TABLE intake.body ALTER COLUMN body SET STORAGE EXTERNAL;
COMMENT ON TABLE intake.body IS 'The bytes of arrivals exactly as they came; apart, so that old ones can be dropped by the month.';
COMMENT ON COLUMN intake.body.id IS 'The arrival.';
COMMENT ON COLUMN intake.body.received_at IS 'When it was received.';
COMMENT ON COLUMN intake.body.body IS 'The bytes.';

CREATE TABLE intake.seen (
    source text COLLATE "C" NOT NULL,
    control_id text COLLATE "C" NOT NULL,
    sha256 bytea NOT NULL,
    message bigint NOT NULL,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (source, control_id, sha256)
);
CREATE INDEX seen_content ON intake.seen (sha256);
CREATE INDEX seen_age ON intake.seen USING brin (received_at);
COMMENT ON TABLE intake.seen IS 'What came in the last two weeks, so that what is sent again is known.';
COMMENT ON COLUMN intake.seen.source IS 'The name of the source.';
COMMENT ON COLUMN intake.seen.control_id IS 'The id that the sender gave; for a row its file and line; empty where there is none.';
COMMENT ON COLUMN intake.seen.sha256 IS 'The SHA-256 of the bytes.';
COMMENT ON COLUMN intake.seen.message IS 'The arrival that came first.';
COMMENT ON COLUMN intake.seen.received_at IS 'When that was.';

CREATE TABLE intake.line (
    lane bigint NOT NULL,
    message bigint NOT NULL,
    received_at timestamptz NOT NULL,
    source text COLLATE "C" NOT NULL,
    lanes bigint[] NOT NULL,
    size int NOT NULL,
    is_replay boolean NOT NULL DEFAULT FALSE,
    PRIMARY KEY (lane, message)
) WITH (
    autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 5000,
    autovacuum_vacuum_cost_delay = 0, autovacuum_vacuum_insert_scale_factor = 0.0,
    autovacuum_vacuum_insert_threshold = 20000
);
CREATE INDEX line_message ON intake.line (message);
COMMENT ON TABLE intake.line IS 'What waits to be done, a row for each lane of each message; a row goes when its message is settled.';
COMMENT ON COLUMN intake.line.lane IS 'The keyed hash of the lane: a source and a patient.';
COMMENT ON COLUMN intake.line.message IS 'The message.';
COMMENT ON COLUMN intake.line.received_at IS 'When it was received.';
COMMENT ON COLUMN intake.line.source IS 'The name of its source.';
COMMENT ON COLUMN intake.line.lanes IS 'All lanes of the message: it goes when it is the first of each.';
COMMENT ON COLUMN intake.line.size IS 'How many bytes the message has.';
COMMENT ON COLUMN intake.line.is_replay IS 'What the message said before is to be taken back for what it says now.';

CREATE TABLE intake.lane_hold (
    lane bigint PRIMARY KEY,
    message bigint NOT NULL,
    received_at timestamptz NOT NULL,
    source text COLLATE "C" NOT NULL,
    reason text NOT NULL,
    since timestamptz NOT NULL,
    until timestamptz
);
COMMENT ON TABLE intake.lane_hold IS 'The lanes that wait, each for one message.';
COMMENT ON COLUMN intake.lane_hold.lane IS 'The lane.';
COMMENT ON COLUMN intake.lane_hold.message IS 'The message that it waits for.';
COMMENT ON COLUMN intake.lane_hold.received_at IS 'When that message was received.';
COMMENT ON COLUMN intake.lane_hold.source IS 'The name of the source.';
COMMENT ON COLUMN intake.lane_hold.reason IS 'Why: of the closed list, or the code of an error that may heal.';
COMMENT ON COLUMN intake.lane_hold.since IS 'Since when it has waited.';
COMMENT ON COLUMN intake.lane_hold.until IS 'When the message is tried again; none where somebody has to decide.';

CREATE TABLE intake.parked (
    message bigint PRIMARY KEY,
    received_at timestamptz NOT NULL,
    source text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    state text NOT NULL,
    reason text NOT NULL,
    since timestamptz NOT NULL
);
CREATE INDEX parked_reason ON intake.parked (reason, since);
COMMENT ON TABLE intake.parked IS 'The messages that are held, quarantined or refused: few beside all, so the operator finds them at once.';
COMMENT ON COLUMN intake.parked.message IS 'The message.';
COMMENT ON COLUMN intake.parked.received_at IS 'When it was received.';
COMMENT ON COLUMN intake.parked.source IS 'The name of its source.';
COMMENT ON COLUMN intake.parked.kind IS 'Type and event.';
COMMENT ON COLUMN intake.parked.state IS 'held, quarantined or refused, as the message says too.';
COMMENT ON COLUMN intake.parked.reason IS 'Why.';
COMMENT ON COLUMN intake.parked.since IS 'Since when.';

CREATE TABLE intake.message_key (
    key bigint NOT NULL,
    received_at timestamptz NOT NULL,
    message bigint NOT NULL,
    PRIMARY KEY (key, received_at, message)
);
COMMENT ON TABLE intake.message_key IS 'Which messages name a patient.';
COMMENT ON COLUMN intake.message_key.key IS 'The keyed hash of an identifier of the patient.';
COMMENT ON COLUMN intake.message_key.received_at IS 'When the message was received.';
COMMENT ON COLUMN intake.message_key.message IS 'The message.';

CREATE TABLE intake.attempt (
    message bigint NOT NULL,
    n smallint NOT NULL,
    started_at timestamptz NOT NULL,
    finished_at timestamptz,
    worker text NOT NULL,
    mapping text,
    outcome text NOT NULL,
    reason text,
    PRIMARY KEY (message, n)
);
COMMENT ON TABLE intake.attempt IS 'The attempts on a message, but for a first one that succeeded at once: the message tells of that.';
COMMENT ON COLUMN intake.attempt.message IS 'The message.';
COMMENT ON COLUMN intake.attempt.n IS 'The number of the attempt, from 1.';
COMMENT ON COLUMN intake.attempt.started_at IS 'When it began.';
COMMENT ON COLUMN intake.attempt.finished_at IS 'When it ended; none for one whose worker was lost.';
COMMENT ON COLUMN intake.attempt.worker IS 'Who tried.';
COMMENT ON COLUMN intake.attempt.mapping IS 'With which mapping: id@version.';
COMMENT ON COLUMN intake.attempt.outcome IS 'done, again, held, quarantined, or lost with its worker.';
COMMENT ON COLUMN intake.attempt.reason IS 'Why, unless it was done.';

CREATE TABLE intake.shift (
    worker text PRIMARY KEY,
    at timestamptz NOT NULL,
    messages bigint[] NOT NULL
);
COMMENT ON TABLE intake.shift IS 'What each worker has in hand, so that what it had when it was killed is known.';
COMMENT ON COLUMN intake.shift.worker IS 'The worker.';
COMMENT ON COLUMN intake.shift.at IS 'When it took them.';
COMMENT ON COLUMN intake.shift.messages IS 'The messages.';

CREATE TABLE intake.contribution (
    id text COLLATE "C" NOT NULL,
    type text COLLATE "C" NOT NULL,
    rank smallint NOT NULL,
    event_at timestamptz NOT NULL,
    sent_at timestamptz NOT NULL,
    turn text COLLATE "C" NOT NULL,
    digest bytea NOT NULL,
    part smallint NOT NULL,
    message bigint NOT NULL,
    received_at timestamptz NOT NULL,
    source smallint NOT NULL,
    list text COLLATE "C",
    said bytea NOT NULL,
    PRIMARY KEY (id, type, rank, event_at, sent_at, turn, digest, part, message)
);
CREATE INDEX contribution_message ON intake.contribution (message);
CREATE INDEX contribution_list ON intake.contribution (list) WHERE list IS NOT NULL;
COMMENT ON TABLE intake.contribution IS 'What each message said of each entry. The entry is all of them, folded in this order.';
COMMENT ON COLUMN intake.contribution.id IS 'The public id of the entry.';
COMMENT ON COLUMN intake.contribution.type IS 'The type of the entry.';
COMMENT ON COLUMN intake.contribution.rank IS '0 for what counts only while nothing else was said, else 1.';
COMMENT ON COLUMN intake.contribution.event_at IS 'When what is told happened; else when it was sent, else received.';
COMMENT ON COLUMN intake.contribution.sent_at IS 'When it was sent; else as event_at.';
COMMENT ON COLUMN intake.contribution.turn IS 'The control id, its numbers padded so that they sort.';
COMMENT ON COLUMN intake.contribution.digest IS 'The start of the SHA-256 of the message.';
COMMENT ON COLUMN intake.contribution.part IS 'The place in what the message gives.';
COMMENT ON COLUMN intake.contribution.message IS 'The message.';
COMMENT ON COLUMN intake.contribution.received_at IS 'When that was received.';
COMMENT ON COLUMN intake.contribution.source IS 'The source as the record numbers it.';
COMMENT ON COLUMN intake.contribution.list IS 'The snapshot list that the entry is on.';
COMMENT ON COLUMN intake.contribution.said IS 'What was said: the mapped resource, and how it is to be written.';

CREATE TABLE intake.snapshot (
    list text COLLATE "C" NOT NULL,
    event_at timestamptz NOT NULL,
    sent_at timestamptz NOT NULL,
    turn text COLLATE "C" NOT NULL,
    digest bytea NOT NULL,
    message bigint NOT NULL,
    received_at timestamptz NOT NULL,
    ids text[] NOT NULL,
    PRIMARY KEY (list, event_at, sent_at, turn, digest, message)
);
CREATE INDEX snapshot_message ON intake.snapshot (message);
COMMENT ON TABLE intake.snapshot IS 'Lists that messages gave whole; the newest says which of their entries go on.';
COMMENT ON COLUMN intake.snapshot.list IS 'The list.';
COMMENT ON COLUMN intake.snapshot.event_at IS 'When what is told happened, as for a contribution.';
COMMENT ON COLUMN intake.snapshot.sent_at IS 'When it was sent, as for a contribution.';
COMMENT ON COLUMN intake.snapshot.turn IS 'The control id, as for a contribution.';
COMMENT ON COLUMN intake.snapshot.digest IS 'The start of the SHA-256 of the message.';
COMMENT ON COLUMN intake.snapshot.message IS 'The message.';
COMMENT ON COLUMN intake.snapshot.received_at IS 'When that was received.';
COMMENT ON COLUMN intake.snapshot.ids IS 'The public ids of the entries on it.';

-- Makes the partitions from this month on. It runs with the rights of its owner: who only adds
-- messages needs no right to make tables. What a default partition holds already stays there.
CREATE FUNCTION intake.keep_partitions(now_ timestamptz, months int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    n_made int := 0;
    start_ timestamptz;
    month_ text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('intake.keep_partitions', 0));
    FOR n IN 0..least(greatest(months, 0), 24) LOOP
        start_ := (date_trunc('month', now_ AT TIME ZONE 'UTC') + make_interval(months => n))
            AT TIME ZONE 'UTC';
        month_ := to_char(start_ AT TIME ZONE 'UTC', 'YYYYMM');
        CONTINUE WHEN to_regclass('intake.message_' || month_) IS NOT NULL;
        CONTINUE WHEN EXISTS (
            SELECT 1 FROM intake.message_rest AS r
            WHERE r.received_at >= start_ AND r.received_at < start_ + interval '32 days'
        );
        EXECUTE format(
            'CREATE TABLE intake.message_%s PARTITION OF intake.message '
            'FOR VALUES FROM (%L) TO (%L) WITH (fillfactor = 80)',
            month_, start_, (start_ AT TIME ZONE 'UTC' + interval '1 month') AT TIME ZONE 'UTC'
        );
        EXECUTE format(
            'CREATE TABLE intake.body_%s PARTITION OF intake.body '
            'FOR VALUES FROM (%L) TO (%L) WITH (toast_tuple_target = 8160)',
            month_, start_, (start_ AT TIME ZONE 'UTC' + interval '1 month') AT TIME ZONE 'UTC'
        );
        n_made := n_made + 1;
    END LOOP;
    RETURN n_made;
END
$$;
COMMENT ON FUNCTION intake.keep_partitions IS 'Makes the partitions of messages and bodies for this month and the coming ones; tells how many it made.';
CREATE TABLE intake.message_rest PARTITION OF intake.message DEFAULT WITH (fillfactor = 80);
CREATE TABLE intake.body_rest PARTITION OF intake.body DEFAULT;
COMMENT ON TABLE intake.message_rest IS 'Messages of months that have no partition of their own.';
COMMENT ON TABLE intake.body_rest IS 'Bodies of such messages.';
SELECT intake.keep_partitions(now(), 3);

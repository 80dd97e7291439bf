-- The sealed store: entries, their superseded versions, and the narrow tables that find them.
CREATE SCHEMA IF NOT EXISTS record;
COMMENT ON SCHEMA record IS 'The longitudinal record; only the room record names its tables.';

CREATE TABLE record.dictionary (
    one boolean PRIMARY KEY DEFAULT TRUE CHECK (one),
    version bigint NOT NULL DEFAULT 1,
    tx xid8 NOT NULL DEFAULT pg_current_xact_id()
);
INSERT INTO record.dictionary DEFAULT VALUES;
COMMENT ON TABLE record.dictionary IS 'One row: how often the small dictionaries below have grown.';
COMMENT ON COLUMN record.dictionary.one IS 'Always true: there is one row.';
COMMENT ON COLUMN record.dictionary.version IS 'Raised in the transaction that adds a class, label set, source or organisation.';
COMMENT ON COLUMN record.dictionary.tx IS 'The transaction that raised it last.';

CREATE TABLE record.source (
    source smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    org text NOT NULL,
    system text NOT NULL,
    feed text NOT NULL,
    tx xid8 NOT NULL DEFAULT pg_current_xact_id(),
    UNIQUE (org, system, feed)
);
COMMENT ON TABLE record.source IS 'One system of one organisation, by feed.';
COMMENT ON COLUMN record.source.source IS 'The number that entries carry.';
COMMENT ON COLUMN record.source.org IS 'The organisation that the system belongs to.';
COMMENT ON COLUMN record.source.system IS 'The system.';
COMMENT ON COLUMN record.source.feed IS 'The feed of that system.';
COMMENT ON COLUMN record.source.tx IS 'The transaction that made it: an uncommitted one is never remembered by a process.';

CREATE TABLE record.heading (
    heading smallint PRIMARY KEY,
    name text NOT NULL UNIQUE
);
COMMENT ON TABLE record.heading IS 'The record headings by number; 0 stands for reference data and machinery.';
COMMENT ON COLUMN record.heading.heading IS 'The number that entries carry; never renumbered.';
COMMENT ON COLUMN record.heading.name IS 'The three letters of the heading.';
INSERT INTO record.heading (heading, name)
SELECT numbered.heading, numbered.name
FROM
    unnest(string_to_array(
        'none DEM GPP ABM REQ ALR LEG SAF PRO PER RES REF CON ADM DIS FUT VAC PRB PRC SOC SVC PSR '
        || 'FAM INV IRQ EXM PRG ASM FRM RSK ALG MED EQP PLN CSP CTG ASP EOL DOC',
        ' '
    )) WITH ORDINALITY AS listed (name, place),
    LATERAL (SELECT (listed.place - 1)::smallint AS heading, listed.name) AS numbered;

CREATE TABLE record.label_set (
    label_set int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    bits bigint NOT NULL UNIQUE,
    labels text[] NOT NULL,
    tx xid8 NOT NULL DEFAULT pg_current_xact_id()
);
COMMENT ON TABLE record.label_set IS 'The sets of sensitivity labels in use.';
COMMENT ON COLUMN record.label_set.label_set IS 'The number that entries carry.';
COMMENT ON COLUMN record.label_set.bits IS 'The set as a bit mask over the labels in the order of the code.';
COMMENT ON COLUMN record.label_set.labels IS 'The names of the labels, for people.';
COMMENT ON COLUMN record.label_set.tx IS 'The transaction that made it.';

CREATE TABLE record.access_class (
    cls int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source smallint NOT NULL,
    heading smallint NOT NULL,
    label_set int NOT NULL,
    tx xid8 NOT NULL DEFAULT pg_current_xact_id(),
    UNIQUE (source, heading, label_set)
);
COMMENT ON TABLE record.access_class IS 'What the policy predicate tests: source, heading and label set as one number.';
COMMENT ON COLUMN record.access_class.cls IS 'The number that entries carry: the place of its bit in a sight.';
COMMENT ON COLUMN record.access_class.source IS 'The source.';
COMMENT ON COLUMN record.access_class.heading IS 'The heading.';
COMMENT ON COLUMN record.access_class.label_set IS 'The label set.';
COMMENT ON COLUMN record.access_class.tx IS 'The transaction that made it.';

CREATE TABLE record.org (
    org int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    slug text COLLATE "C" NOT NULL UNIQUE,
    tx xid8 NOT NULL DEFAULT pg_current_xact_id()
);
COMMENT ON TABLE record.org IS 'Organisations that ties and choices name; 0 is not here and means every organisation.';
COMMENT ON COLUMN record.org.org IS 'The number that ties carry.';
COMMENT ON COLUMN record.org.slug IS 'The organisation of a source, or the reference that an entry names it by.';
COMMENT ON COLUMN record.org.tx IS 'The transaction that made it.';

CREATE TABLE record.subject (
    subject bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    authority text COLLATE "C" NOT NULL,
    local_id text COLLATE "C" NOT NULL,
    opened timestamptz NOT NULL DEFAULT now(),
    closed timestamptz,
    frozen boolean NOT NULL DEFAULT FALSE,
    tx xid8 NOT NULL DEFAULT pg_current_xact_id(),
    UNIQUE (authority, local_id)
);
CREATE INDEX subject_local ON record.subject (local_id);
COMMENT ON TABLE record.subject IS 'One patient or client record of one id authority: the compartment of every entry.';
COMMENT ON COLUMN record.subject.subject IS 'The compartment key; it never changes.';
COMMENT ON COLUMN record.subject.authority IS 'The id namespace, shared by the feeds of one organisation.';
COMMENT ON COLUMN record.subject.local_id IS 'The public Patient id, or a foreign reference; empty for entries without a patient.';
COMMENT ON COLUMN record.subject.opened IS 'When it was first heard of.';
COMMENT ON COLUMN record.subject.closed IS 'When its source closed it.';
COMMENT ON COLUMN record.subject.frozen IS 'New data are kept but not shared until somebody has looked.';
COMMENT ON COLUMN record.subject.tx IS 'The transaction that made it.';

CREATE TABLE record.subject_person (
    subject bigint PRIMARY KEY,
    person uuid NOT NULL,
    since timestamptz NOT NULL,
    decision bigint NOT NULL
);
CREATE INDEX subject_person_person ON record.subject_person (person) INCLUDE (subject);
COMMENT ON TABLE record.subject_person IS 'Which person a subject is linked to now.';
COMMENT ON COLUMN record.subject_person.subject IS 'The subject.';
COMMENT ON COLUMN record.subject_person.person IS 'The opaque person.';
COMMENT ON COLUMN record.subject_person.since IS 'When the link was decided.';
COMMENT ON COLUMN record.subject_person.decision IS 'The decision of identity that made the link.';

CREATE TABLE record.resource (
    subject bigint NOT NULL,
    rid bigint NOT NULL,
    rt smallint NOT NULL,
    ver int NOT NULL DEFAULT 1,
    id text COLLATE "C" NOT NULL,
    source smallint NOT NULL,
    heading smallint NOT NULL,
    label_set int NOT NULL,
    cls int NOT NULL,
    code bigint,
    dlo timestamptz,
    dhi timestamptz,
    upd timestamptz NOT NULL,
    live_until timestamptz NOT NULL DEFAULT 'infinity',
    event_at timestamptz,
    recv_at timestamptz,
    tx xid8 NOT NULL DEFAULT pg_current_xact_id(),
    gone boolean NOT NULL DEFAULT FALSE,
    xv smallint NOT NULL DEFAULT 1,
    tok bigint[] NOT NULL DEFAULT '{}',
    digest bytea NOT NULL,
    cut int[],
    meta bytea,
    enc smallint NOT NULL DEFAULT 0,
    body bytea,
    PRIMARY KEY (subject, rid)
) WITH (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.02);
ALTER TABLE record.resource ALTER COLUMN body SET STORAGE EXTERNAL;
CREATE UNIQUE INDEX resource_id ON record.resource (rt, id) INCLUDE (subject, rid);
CREATE INDEX resource_line ON record.resource (subject, heading, dlo DESC NULLS LAST, rid)
INCLUDE (cls, rt, code, live_until) WHERE NOT gone;
CREATE INDEX resource_work ON record.resource (code, dlo DESC NULLS LAST, rid)
INCLUDE (subject, cls, heading, live_until) WHERE code IS NOT NULL AND NOT gone;
CREATE INDEX resource_feed ON record.resource (rt, upd DESC, rid)
INCLUDE (subject, cls, heading, live_until) WHERE NOT gone;
CREATE INDEX resource_gone ON record.resource (rt, upd DESC, rid) WHERE gone;
COMMENT ON TABLE record.resource IS 'The current state of every entry: one row per resource.';
COMMENT ON COLUMN record.resource.subject IS 'The compartment key, by which the table can be distributed.';
COMMENT ON COLUMN record.resource.rid IS 'Milliseconds since 2020 and a counter; never leaves the platform.';
COMMENT ON COLUMN record.resource.rt IS 'The resource type as the number that the code gives it.';
COMMENT ON COLUMN record.resource.ver IS 'The version, from 1.';
COMMENT ON COLUMN record.resource.id IS 'The public logical id.';
COMMENT ON COLUMN record.resource.source IS 'The source that sent it.';
COMMENT ON COLUMN record.resource.heading IS 'The primary record heading.';
COMMENT ON COLUMN record.resource.label_set IS 'The sensitivity labels.';
COMMENT ON COLUMN record.resource.cls IS 'The access class of source, heading and label set.';
COMMENT ON COLUMN record.resource.code IS 'The key of the first coding of the main code.';
COMMENT ON COLUMN record.resource.dlo IS 'Start of the main clinical date.';
COMMENT ON COLUMN record.resource.dhi IS 'End of the main clinical date, excluded.';
COMMENT ON COLUMN record.resource.upd IS 'When the platform knew it.';
COMMENT ON COLUMN record.resource.live_until IS 'Until when it counts as current.';
COMMENT ON COLUMN record.resource.event_at IS 'When it happened at the source.';
COMMENT ON COLUMN record.resource.recv_at IS 'When it arrived.';
COMMENT ON COLUMN record.resource.tx IS 'The transaction that wrote this version.';
COMMENT ON COLUMN record.resource.gone IS 'Deleted: the row is a tombstone without body.';
COMMENT ON COLUMN record.resource.xv IS 'The version of the extractor that made its search rows.';
COMMENT ON COLUMN record.resource.tok IS 'Every token key of the row.';
COMMENT ON COLUMN record.resource.digest IS 'The first 16 bytes of the SHA-256 of the body.';
COMMENT ON COLUMN record.resource.cut IS 'Byte spans of id and meta in the body.';
COMMENT ON COLUMN record.resource.meta IS 'The rest of meta, rendered without braces.';
COMMENT ON COLUMN record.resource.enc IS 'How the body is kept: 0 is raw.';
COMMENT ON COLUMN record.resource.body IS 'The bytes received.';

CREATE TABLE record.version (
    subject bigint NOT NULL,
    rid bigint NOT NULL,
    ver int NOT NULL,
    rt smallint NOT NULL,
    id text COLLATE "C" NOT NULL,
    source smallint NOT NULL,
    heading smallint NOT NULL,
    cls_then int NOT NULL,
    op "char" NOT NULL CHECK (op IN ('C', 'U', 'D')),
    upd timestamptz NOT NULL,
    until timestamptz NOT NULL,
    tx xid8 NOT NULL,
    actor text NOT NULL,
    digest bytea,
    cut int[],
    meta bytea,
    enc smallint NOT NULL DEFAULT 0,
    body bytea,
    PRIMARY KEY (subject, rid, ver)
);
ALTER TABLE record.version ALTER COLUMN body SET STORAGE EXTERNAL;
CREATE INDEX version_feed ON record.version (rt, upd DESC, rid, ver DESC);
COMMENT ON TABLE record.version IS 'Superseded versions; rows are only ever added, and removed by erasure.';
COMMENT ON COLUMN record.version.subject IS 'The compartment key.';
COMMENT ON COLUMN record.version.rid IS 'The resource.';
COMMENT ON COLUMN record.version.ver IS 'The version, from 1.';
COMMENT ON COLUMN record.version.rt IS 'The resource type.';
COMMENT ON COLUMN record.version.id IS 'The public logical id.';
COMMENT ON COLUMN record.version.source IS 'The source that sent it.';
COMMENT ON COLUMN record.version.heading IS 'Its heading at that time.';
COMMENT ON COLUMN record.version.cls_then IS 'Its access class at that time, for reports: the current class decides.';
COMMENT ON COLUMN record.version.op IS 'How the version came to be: create, update or delete.';
COMMENT ON COLUMN record.version.upd IS 'From when the platform knew it.';
COMMENT ON COLUMN record.version.until IS 'When the next version replaced it.';
COMMENT ON COLUMN record.version.tx IS 'The transaction that wrote it.';
COMMENT ON COLUMN record.version.actor IS 'Who replaced it.';
COMMENT ON COLUMN record.version.digest IS 'The first 16 bytes of the SHA-256 of the body.';
COMMENT ON COLUMN record.version.cut IS 'Byte spans of id and meta in the body.';
COMMENT ON COLUMN record.version.meta IS 'The rest of meta, rendered without braces.';
COMMENT ON COLUMN record.version.enc IS 'How the body is kept: 0 is raw.';
COMMENT ON COLUMN record.version.body IS 'The bytes received.';

CREATE TABLE record.idx_token (
    key bigint NOT NULL,
    subject bigint NOT NULL,
    rid bigint NOT NULL,
    PRIMARY KEY (key, subject, rid)
);
COMMENT ON TABLE record.idx_token IS 'Selective token, reference and uri values.';
COMMENT ON COLUMN record.idx_token.key IS 'The keyed hash of type, parameter and value.';
COMMENT ON COLUMN record.idx_token.subject IS 'The compartment key.';
COMMENT ON COLUMN record.idx_token.rid IS 'The resource.';

CREATE TABLE record.idx_string (
    key bigint NOT NULL,
    v text COLLATE "C" NOT NULL,
    subject bigint NOT NULL,
    rid bigint NOT NULL,
    PRIMARY KEY (key, v, subject, rid)
);
CREATE INDEX idx_string_row ON record.idx_string (subject, rid);
COMMENT ON TABLE record.idx_string IS 'Values of string parameters.';
COMMENT ON COLUMN record.idx_string.key IS 'The keyed hash of type and parameter.';
COMMENT ON COLUMN record.idx_string.v IS 'The normalised text.';
COMMENT ON COLUMN record.idx_string.subject IS 'The compartment key.';
COMMENT ON COLUMN record.idx_string.rid IS 'The resource.';

CREATE TABLE record.idx_date (
    key bigint NOT NULL,
    lo timestamptz NOT NULL,
    hi timestamptz NOT NULL,
    subject bigint NOT NULL,
    rid bigint NOT NULL,
    PRIMARY KEY (key, lo, hi, subject, rid)
);
CREATE INDEX idx_date_row ON record.idx_date (subject, rid);
COMMENT ON TABLE record.idx_date IS 'Values of date parameters other than the main date.';
COMMENT ON COLUMN record.idx_date.key IS 'The keyed hash of type and parameter.';
COMMENT ON COLUMN record.idx_date.lo IS 'Start.';
COMMENT ON COLUMN record.idx_date.hi IS 'End, excluded.';
COMMENT ON COLUMN record.idx_date.subject IS 'The compartment key.';
COMMENT ON COLUMN record.idx_date.rid IS 'The resource.';

CREATE TABLE record.idx_qty (
    key bigint NOT NULL,
    unit bigint NOT NULL,
    lo numeric NOT NULL,
    hi numeric NOT NULL,
    subject bigint NOT NULL,
    rid bigint NOT NULL,
    PRIMARY KEY (key, unit, lo, hi, subject, rid)
);
CREATE INDEX idx_qty_row ON record.idx_qty (subject, rid);
COMMENT ON TABLE record.idx_qty IS 'Values of number and quantity parameters.';
COMMENT ON COLUMN record.idx_qty.key IS 'The keyed hash of type and parameter.';
COMMENT ON COLUMN record.idx_qty.unit IS 'The key of the unit.';
COMMENT ON COLUMN record.idx_qty.lo IS 'Low end by the digits of the source.';
COMMENT ON COLUMN record.idx_qty.hi IS 'High end by the digits of the source.';
COMMENT ON COLUMN record.idx_qty.subject IS 'The compartment key.';
COMMENT ON COLUMN record.idx_qty.rid IS 'The resource.';

CREATE TABLE record.extra_subject (
    extra bigint NOT NULL,
    subject bigint NOT NULL,
    rid bigint NOT NULL,
    PRIMARY KEY (extra, subject, rid)
);
CREATE INDEX extra_subject_row ON record.extra_subject (subject, rid);
COMMENT ON TABLE record.extra_subject IS 'Further subjects that an entry concerns.';
COMMENT ON COLUMN record.extra_subject.extra IS 'The further subject.';
COMMENT ON COLUMN record.extra_subject.subject IS 'The subject that the entry lies with.';
COMMENT ON COLUMN record.extra_subject.rid IS 'The resource.';

CREATE TABLE record.outbox (
    seq bigint GENERATED ALWAYS AS IDENTITY,
    subject bigint NOT NULL,
    rid bigint,
    ver int,
    rt smallint,
    cls int,
    op "char" NOT NULL CHECK (op IN ('C', 'U', 'D', 'L') AND (op = 'L' OR rid IS NOT NULL)),
    tx xid8 NOT NULL DEFAULT pg_current_xact_id(),
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (subject, seq)
) WITH (autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX outbox_tx ON record.outbox (tx, seq);
COMMENT ON TABLE record.outbox IS 'One row per changed entry, written in the same transaction, for those who act on changes.';
COMMENT ON COLUMN record.outbox.seq IS 'Order within a transaction.';
COMMENT ON COLUMN record.outbox.subject IS 'The compartment key.';
COMMENT ON COLUMN record.outbox.rid IS 'The resource; none for a link.';
COMMENT ON COLUMN record.outbox.ver IS 'The version written.';
COMMENT ON COLUMN record.outbox.rt IS 'The resource type.';
COMMENT ON COLUMN record.outbox.cls IS 'The access class.';
COMMENT ON COLUMN record.outbox.op IS 'Create, update, delete, or L for a changed link.';
COMMENT ON COLUMN record.outbox.tx IS 'The transaction; readers stay behind the oldest one still open.';
COMMENT ON COLUMN record.outbox.at IS 'When.';

CREATE TABLE record.receipt (
    source smallint NOT NULL,
    message text COLLATE "C" NOT NULL,
    digest bytea NOT NULL,
    state smallint NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    answer bytea,
    PRIMARY KEY (source, message)
) WITH (autovacuum_vacuum_scale_factor = 0.02);
COMMENT ON TABLE record.receipt IS 'Messages that were applied, so that none is applied twice.';
COMMENT ON COLUMN record.receipt.source IS 'The source or client.';
COMMENT ON COLUMN record.receipt.message IS 'The id of the message, or the idempotency key.';
COMMENT ON COLUMN record.receipt.digest IS 'The digest of what was sent.';
COMMENT ON COLUMN record.receipt.state IS 'How far it came.';
COMMENT ON COLUMN record.receipt.at IS 'When.';
COMMENT ON COLUMN record.receipt.answer IS 'The answer that was given.';

CREATE TABLE record.erasure (
    erasure bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    subject bigint NOT NULL,
    rids bigint[] NOT NULL,
    ground text NOT NULL,
    by_actor text NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE record.erasure IS 'What was erased by law: numbers and ground, no content.';
COMMENT ON COLUMN record.erasure.erasure IS 'Its number.';
COMMENT ON COLUMN record.erasure.subject IS 'The subject that was erased.';
COMMENT ON COLUMN record.erasure.rids IS 'The resources that were erased.';
COMMENT ON COLUMN record.erasure.ground IS 'The legal ground.';
COMMENT ON COLUMN record.erasure.by_actor IS 'Who ordered it.';
COMMENT ON COLUMN record.erasure.at IS 'When.';

CREATE TABLE record.key_count (
    key bigint PRIMARY KEY,
    n bigint NOT NULL,
    exact boolean NOT NULL DEFAULT FALSE
);
COMMENT ON TABLE record.key_count IS 'How often the commonest keys occur, so that a search starts from the rarest.';
COMMENT ON COLUMN record.key_count.key IS 'The key.';
COMMENT ON COLUMN record.key_count.n IS 'How many rows carry it.';
COMMENT ON COLUMN record.key_count.exact IS 'Counted, not estimated.';

CREATE TABLE record.tie (
    subject bigint NOT NULL,
    org int NOT NULL,
    kind smallint NOT NULL,
    team text COLLATE "C" NOT NULL DEFAULT '',
    since timestamptz NOT NULL,
    until timestamptz NOT NULL DEFAULT 'infinity',
    from_subject bigint NOT NULL,
    from_rid bigint NOT NULL,
    PRIMARY KEY (subject, org, kind, team, from_subject, from_rid)
);
CREATE INDEX tie_caseload ON record.tie (org, kind, until) INCLUDE (subject, since, team);
CREATE INDEX tie_proof ON record.tie (from_subject, from_rid);
COMMENT ON TABLE record.tie IS 'Evidence that an organisation has a relationship with a subject.';
COMMENT ON COLUMN record.tie.subject IS 'The subject.';
COMMENT ON COLUMN record.tie.org IS 'The organisation.';
COMMENT ON COLUMN record.tie.kind IS 'The kind of relationship, numbered by the code.';
COMMENT ON COLUMN record.tie.team IS 'The team, where the proof names one.';
COMMENT ON COLUMN record.tie.since IS 'From when.';
COMMENT ON COLUMN record.tie.until IS 'Until when.';
COMMENT ON COLUMN record.tie.from_subject IS 'The subject of the entry that proves it.';
COMMENT ON COLUMN record.tie.from_rid IS 'The entry that proves it.';

CREATE TABLE record.choice (
    subject bigint NOT NULL,
    kind smallint NOT NULL,
    to_org int NOT NULL,
    from_org int NOT NULL DEFAULT 0,
    headings bigint NOT NULL,
    labels bigint NOT NULL DEFAULT 0,
    since timestamptz NOT NULL,
    until timestamptz NOT NULL DEFAULT 'infinity',
    from_subject bigint NOT NULL,
    from_rid bigint NOT NULL,
    PRIMARY KEY (subject, kind, to_org, from_org, from_subject, from_rid)
);
COMMENT ON TABLE record.choice IS 'What a person has chosen: dissent, consent, opt-out.';
COMMENT ON COLUMN record.choice.subject IS 'The subject.';
COMMENT ON COLUMN record.choice.kind IS 'The kind of choice.';
COMMENT ON COLUMN record.choice.to_org IS 'Towards which organisation; 0 is every one.';
COMMENT ON COLUMN record.choice.from_org IS 'About entries of which organisation; 0 is every one.';
COMMENT ON COLUMN record.choice.headings IS 'The headings meant, as a bit mask.';
COMMENT ON COLUMN record.choice.labels IS 'The labels meant, as a bit mask.';
COMMENT ON COLUMN record.choice.since IS 'From when.';
COMMENT ON COLUMN record.choice.until IS 'Until when.';
COMMENT ON COLUMN record.choice.from_subject IS 'The subject of the entry that states it.';
COMMENT ON COLUMN record.choice.from_rid IS 'The entry that states it.';

CREATE TABLE record.subject_fact (
    subject bigint NOT NULL,
    kind smallint NOT NULL,
    since timestamptz NOT NULL,
    until timestamptz NOT NULL DEFAULT 'infinity',
    from_subject bigint NOT NULL,
    from_rid bigint NOT NULL,
    PRIMARY KEY (subject, kind, from_subject, from_rid)
);
COMMENT ON TABLE record.subject_fact IS 'Facts of a subject that mask or oblige when a disclosure is decided.';
COMMENT ON COLUMN record.subject_fact.subject IS 'The subject.';
COMMENT ON COLUMN record.subject_fact.kind IS 'Protected address, member of staff, or public person.';
COMMENT ON COLUMN record.subject_fact.since IS 'From when.';
COMMENT ON COLUMN record.subject_fact.until IS 'Until when.';
COMMENT ON COLUMN record.subject_fact.from_subject IS 'The subject of the entry that states it.';
COMMENT ON COLUMN record.subject_fact.from_rid IS 'The entry that states it.';

CREATE SEQUENCE record.rid_block;
COMMENT ON SEQUENCE record.rid_block IS 'Blocks of counters for resource numbers: no two processes share one.';

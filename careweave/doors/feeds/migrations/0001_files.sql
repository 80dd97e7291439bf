CREATE SCHEMA feeds;
COMMENT ON SCHEMA feeds IS 'What the door for files remembers: files taken, the last snapshot of each source, mailboxes.';

CREATE TABLE feeds.feed (
    source text COLLATE "C" PRIMARY KEY,
    snapshot_at timestamptz,
    sequence bigint
);
COMMENT ON TABLE feeds.feed IS 'One row a source; who takes a file of it holds the row.';
COMMENT ON COLUMN feeds.feed.source IS 'The name of the source.';
COMMENT ON COLUMN feeds.feed.snapshot_at IS 'Of when the last accepted full extract is; null before the first.';
COMMENT ON COLUMN feeds.feed.sequence IS 'The number of the last accepted partial extract; null before the first.';

CREATE TABLE feeds.file (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),
    size bigint NOT NULL,
    state text NOT NULL CHECK (
        state IN ('accepted', 'parked', 'cleared', 'refused', 'rejected', 'late')
    ),
    taken_at timestamptz NOT NULL,
    extract_at timestamptz,
    sequence bigint,
    message bigint,
    reason text NOT NULL DEFAULT '',
    about text NOT NULL DEFAULT '',
    n_rows int NOT NULL DEFAULT 0,
    n_new int NOT NULL DEFAULT 0,
    n_changed int NOT NULL DEFAULT 0,
    n_ended int NOT NULL DEFAULT 0,
    n_faults int NOT NULL DEFAULT 0,
    decided_by text,
    decided_at timestamptz,
    decided_why text,
    UNIQUE (source, name, sha256)
);
CREATE INDEX file_content ON feeds.file (source, sha256) WHERE state = 'accepted';
CREATE INDEX file_parked ON feeds.file (source, sequence) WHERE state IN ('parked', 'cleared', 'refused');
COMMENT ON TABLE feeds.file IS 'Every file that was taken from a drop folder or came as an extract by a mailbox.';
COMMENT ON COLUMN feeds.file.id IS 'A number for the operator.';
COMMENT ON COLUMN feeds.file.source IS 'The name of the source.';
COMMENT ON COLUMN feeds.file.name IS 'The name of the file; of a part of an archive, both names.';
COMMENT ON COLUMN feeds.file.sha256 IS 'The SHA-256 of its bytes.';
COMMENT ON COLUMN feeds.file.size IS 'How many bytes it has.';
COMMENT ON COLUMN feeds.file.state IS 'accepted; parked: somebody decides; cleared, refused: somebody decided; rejected: unusable; late: a newer full extract was there.';
COMMENT ON COLUMN feeds.file.taken_at IS 'When it was taken.';
COMMENT ON COLUMN feeds.file.extract_at IS 'Of when it is, as its name says.';
COMMENT ON COLUMN feeds.file.sequence IS 'Its running number, as its name says.';
COMMENT ON COLUMN feeds.file.message IS 'The arrival that holds its bytes.';
COMMENT ON COLUMN feeds.file.reason IS 'Why it is not accepted: drop, gap, reused, or the code of what is wrong.';
COMMENT ON COLUMN feeds.file.about IS 'The same in a sentence, without anything of a person.';
COMMENT ON COLUMN feeds.file.n_rows IS 'How many rows it has.';
COMMENT ON COLUMN feeds.file.n_new IS 'How many of them were new.';
COMMENT ON COLUMN feeds.file.n_changed IS 'How many were known and said something else.';
COMMENT ON COLUMN feeds.file.n_ended IS 'How many known rows ended because they were not in it.';
COMMENT ON COLUMN feeds.file.n_faults IS 'How many rows could not be used.';
COMMENT ON COLUMN feeds.file.decided_by IS 'Who decided on a parked file.';
COMMENT ON COLUMN feeds.file.decided_at IS 'When that was.';
COMMENT ON COLUMN feeds.file.decided_why IS 'Why, in the words of who decided.';

CREATE TABLE feeds.row (
    source text COLLATE "C" NOT NULL,
    key bytea NOT NULL,
    digest bytea NOT NULL,
    missed smallint NOT NULL DEFAULT 0,
    is_ended boolean NOT NULL DEFAULT FALSE,
    said bytea,
    PRIMARY KEY (source, key)
);
COMMENT ON TABLE feeds.row IS 'The rows of the last accepted full extract of each source, and those that went.';
COMMENT ON COLUMN feeds.row.source IS 'The name of the source.';
COMMENT ON COLUMN feeds.row.key IS 'The keyed hash of the columns that name the row.';
COMMENT ON COLUMN feeds.row.digest IS 'The keyed hash of all of its cells.';
COMMENT ON COLUMN feeds.row.missed IS 'In how many extracts on end it has been absent.';
COMMENT ON COLUMN feeds.row.is_ended IS 'Its absence was told.';
COMMENT ON COLUMN feeds.row.said IS 'Its cells, kept only where absence will have to be told.';

CREATE UNLOGGED TABLE feeds.staged (
    source text COLLATE "C" NOT NULL,
    key bytea NOT NULL,
    digest bytea NOT NULL,
    line int NOT NULL,
    PRIMARY KEY (source, key)
);
COMMENT ON TABLE feeds.staged IS 'The rows of a full extract while it is compared; empty between transactions.';
COMMENT ON COLUMN feeds.staged.source IS 'The name of the source.';
COMMENT ON COLUMN feeds.staged.key IS 'As in row.';
COMMENT ON COLUMN feeds.staged.digest IS 'As in row.';
COMMENT ON COLUMN feeds.staged.line IS 'The line of the file on which it begins.';

CREATE TABLE feeds.mailbox (
    name text COLLATE "C" PRIMARY KEY,
    shaken_at timestamptz NOT NULL
);
COMMENT ON TABLE feeds.mailbox IS 'The mailboxes that are emptied.';
COMMENT ON COLUMN feeds.mailbox.name IS 'The id of the mailbox.';
COMMENT ON COLUMN feeds.mailbox.shaken_at IS 'When its access was last validated.';

CREATE TABLE feeds.mail (
    mailbox text COLLATE "C" NOT NULL,
    message_id text COLLATE "C" NOT NULL,
    kind text NOT NULL CHECK (kind IN ('data', 'report')),
    workflow text NOT NULL,
    source text COLLATE "C" NOT NULL,
    sender text NOT NULL,
    local_id text NOT NULL,
    partner_id text NOT NULL,
    subject text NOT NULL,
    chunks text NOT NULL,
    encoding text NOT NULL,
    sha256 bytea NOT NULL,
    size bigint NOT NULL,
    message bigint,
    linked_id text NOT NULL DEFAULT '',
    status text NOT NULL DEFAULT '',
    received_at timestamptz NOT NULL,
    acknowledged_at timestamptz,
    PRIMARY KEY (mailbox, message_id)
);
CREATE INDEX mail_report ON feeds.mail (received_at) WHERE kind = 'report';
COMMENT ON TABLE feeds.mail IS 'Every message of a mailbox, with what its envelope said.';
COMMENT ON COLUMN feeds.mail.mailbox IS 'The mailbox.';
COMMENT ON COLUMN feeds.mail.message_id IS 'The id that MESH gave it.';
COMMENT ON COLUMN feeds.mail.kind IS 'data, or report: one of ours was not delivered.';
COMMENT ON COLUMN feeds.mail.workflow IS 'Its workflow id.';
COMMENT ON COLUMN feeds.mail.source IS 'The source that this workflow id belongs to.';
COMMENT ON COLUMN feeds.mail.sender IS 'The mailbox that sent it.';
COMMENT ON COLUMN feeds.mail.local_id IS 'The id that the sender gave it.';
COMMENT ON COLUMN feeds.mail.partner_id IS 'What Mex-PartnerID said; of an event, subscription and tag.';
COMMENT ON COLUMN feeds.mail.subject IS 'Its subject.';
COMMENT ON COLUMN feeds.mail.chunks IS 'Its chunk range.';
COMMENT ON COLUMN feeds.mail.encoding IS 'Its content encoding.';
COMMENT ON COLUMN feeds.mail.sha256 IS 'The SHA-256 of its bytes.';
COMMENT ON COLUMN feeds.mail.size IS 'How many bytes it has.';
COMMENT ON COLUMN feeds.mail.message IS 'The arrival that holds its bytes; none for a report.';
COMMENT ON COLUMN feeds.mail.linked_id IS 'Of a report: the message that was not delivered.';
COMMENT ON COLUMN feeds.mail.status IS 'Of a report: the code of what went wrong.';
COMMENT ON COLUMN feeds.mail.received_at IS 'When it was stored here.';
COMMENT ON COLUMN feeds.mail.acknowledged_at IS 'When MESH was told; none while it was not.';

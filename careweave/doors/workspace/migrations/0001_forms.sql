CREATE SCHEMA workspace;
COMMENT ON SCHEMA workspace IS 'What the pages of professionals keep beside the record: forms spent, drafts, what was saved, how pages served.';

CREATE TABLE workspace.form (
    id bytea PRIMARY KEY CHECK (octet_length(id) BETWEEN 8 AND 64),
    spent_at timestamptz NOT NULL,
    led_to text COLLATE "C" NOT NULL DEFAULT ''
);
CREATE INDEX form_spent ON workspace.form (spent_at);
COMMENT ON TABLE workspace.form IS 'The ids of forms that have acted: the same form acts once. Gone after two days, when no session has it any more.';
COMMENT ON COLUMN workspace.form.id IS 'The random id that the form carried.';
COMMENT ON COLUMN workspace.form.spent_at IS 'When it acted.';
COMMENT ON COLUMN workspace.form.led_to IS 'What it became, so that a second post is told the same: the number of a message, or empty.';

CREATE TABLE workspace.draft (
    owner bytea NOT NULL CHECK (octet_length(owner) = 32),
    place bytea NOT NULL CHECK (octet_length(place) = 32),
    sealed bytea NOT NULL CHECK (octet_length(sealed) <= 131072),
    kept_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (owner, place)
);
CREATE INDEX draft_expires ON workspace.draft (expires_at);
COMMENT ON TABLE workspace.draft IS 'Texts that somebody has begun and not saved; no part of the record, and gone after a day.';
COMMENT ON COLUMN workspace.draft.owner IS 'A keyed digest of the user, organisation and role.';
COMMENT ON COLUMN workspace.draft.place IS 'A keyed digest of the page and the person that it is about.';
COMMENT ON COLUMN workspace.draft.sealed IS 'The fields, sealed under a key of this owner and place.';
COMMENT ON COLUMN workspace.draft.kept_at IS 'When it was kept last.';
COMMENT ON COLUMN workspace.draft.expires_at IS 'From when on it is nobody''s.';

CREATE TABLE workspace.saved (
    message bigint PRIMARY KEY,
    user_name text COLLATE "C" NOT NULL,
    organisation text COLLATE "C" NOT NULL,
    role text COLLATE "C" NOT NULL,
    person uuid NOT NULL,
    form text COLLATE "C" NOT NULL,
    type text COLLATE "C" NOT NULL,
    entry text COLLATE "C" NOT NULL,
    saved_at timestamptz NOT NULL
);
CREATE INDEX saved_by ON workspace.saved (user_name, organisation, person, saved_at);
CREATE INDEX saved_at ON workspace.saved (saved_at);
COMMENT ON TABLE workspace.saved IS 'What somebody saved on a page, so that they are told what became of it; kept for thirty days.';
COMMENT ON COLUMN workspace.saved.message IS 'The number of the message that it came in as; its state is the state of the save.';
COMMENT ON COLUMN workspace.saved.user_name IS 'Who saved it: told to nobody else.';
COMMENT ON COLUMN workspace.saved.organisation IS 'For which organisation.';
COMMENT ON COLUMN workspace.saved.role IS 'In which role.';
COMMENT ON COLUMN workspace.saved.person IS 'About whom.';
COMMENT ON COLUMN workspace.saved.form IS 'By which form.';
COMMENT ON COLUMN workspace.saved.type IS 'The type of the entry that it becomes.';
COMMENT ON COLUMN workspace.saved.entry IS 'The public id of that entry.';
COMMENT ON COLUMN workspace.saved.saved_at IS 'When it was saved.';

CREATE TABLE workspace.answered (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    told_on date NOT NULL,
    organisation text COLLATE "C" NOT NULL,
    role text COLLATE "C" NOT NULL,
    setting text COLLATE "C" NOT NULL,
    page text COLLATE "C" NOT NULL,
    is_answered boolean NOT NULL,
    answer_s int NOT NULL CHECK (answer_s BETWEEN 0 AND 86400),
    sections text[] COLLATE "C" NOT NULL
);
CREATE INDEX answered_on ON workspace.answered (told_on);
COMMENT ON TABLE workspace.answered IS 'Whether a page answered what its reader came for, in one tap: nobody''s name, no person, no time of day.';
COMMENT ON COLUMN workspace.answered.id IS 'A number of the row.';
COMMENT ON COLUMN workspace.answered.told_on IS 'On which day.';
COMMENT ON COLUMN workspace.answered.organisation IS 'At which organisation.';
COMMENT ON COLUMN workspace.answered.role IS 'In which role.';
COMMENT ON COLUMN workspace.answered.setting IS 'In which setting; empty for the usual one.';
COMMENT ON COLUMN workspace.answered.page IS 'Which page: overview, card, medicines.';
COMMENT ON COLUMN workspace.answered.is_answered IS 'Whether it answered.';
COMMENT ON COLUMN workspace.answered.answer_s IS 'Seconds from opening the person to the tap.';
COMMENT ON COLUMN workspace.answered.sections IS 'Which sections were opened meanwhile, in order.';

CREATE TABLE workspace.visit_copy (
    id uuid PRIMARY KEY,
    user_name text COLLATE "C" NOT NULL,
    organisation text COLLATE "C" NOT NULL,
    role text COLLATE "C" NOT NULL,
    wrapped_key bytea NOT NULL CHECK (octet_length(wrapped_key) BETWEEN 32 AND 512),
    made_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX visit_copy_made ON workspace.visit_copy (made_at);
COMMENT ON TABLE workspace.visit_copy IS 'Visit lists that somebody has taken along on a device; kept for thirty days, so that what was written there still finds its way.';
COMMENT ON COLUMN workspace.visit_copy.id IS 'A random id that the device says when it comes back.';
COMMENT ON COLUMN workspace.visit_copy.user_name IS 'Whose copy it is: nobody else brings it back.';
COMMENT ON COLUMN workspace.visit_copy.organisation IS 'For which organisation it was taken.';
COMMENT ON COLUMN workspace.visit_copy.role IS 'In which role.';
COMMENT ON COLUMN workspace.visit_copy.wrapped_key IS 'The private key that opens what the device sealed, itself sealed under the secret of the installation.';
COMMENT ON COLUMN workspace.visit_copy.made_at IS 'When it was taken.';
COMMENT ON COLUMN workspace.visit_copy.expires_at IS 'From when on the device must not show it any more.';

CREATE TABLE workspace.visit_person (
    ticket uuid PRIMARY KEY,
    copy uuid NOT NULL REFERENCES workspace.visit_copy (id) ON DELETE CASCADE,
    person uuid NOT NULL
);
CREATE INDEX visit_person_copy ON workspace.visit_person (copy);
COMMENT ON TABLE workspace.visit_person IS 'Who is on a copy of a visit list.';
COMMENT ON COLUMN workspace.visit_person.ticket IS 'The random name that the device has for the person.';
COMMENT ON COLUMN workspace.visit_person.copy IS 'Of which copy.';
COMMENT ON COLUMN workspace.visit_person.person IS 'Who it is.';

CREATE TABLE workspace.visit_edit (
    id uuid PRIMARY KEY,
    copy uuid,
    user_name text COLLATE "C" NOT NULL,
    organisation text COLLATE "C" NOT NULL,
    person uuid NOT NULL,
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('note', 'access')),
    entry text COLLATE "C" NOT NULL DEFAULT '',
    state text COLLATE "C" NOT NULL CHECK (state IN ('filed', 'conflict', 'left')),
    sealed_text bytea,
    written_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    settled_at timestamptz
);
CREATE INDEX visit_edit_open ON workspace.visit_edit (user_name, organisation, received_at)
WHERE state = 'conflict';
CREATE INDEX visit_edit_received ON workspace.visit_edit (received_at);
COMMENT ON TABLE workspace.visit_edit IS 'What was written on a visit, with or without a line: filed once each, or waiting for its writer because somebody else wrote meanwhile. Kept for thirty days, a conflict until it is settled.';
COMMENT ON COLUMN workspace.visit_edit.id IS 'The own id of the edit: made on the device, it acts once.';
COMMENT ON COLUMN workspace.visit_edit.copy IS 'On which copy it was written; null for one written on line.';
COMMENT ON COLUMN workspace.visit_edit.user_name IS 'Who wrote it.';
COMMENT ON COLUMN workspace.visit_edit.organisation IS 'For which organisation.';
COMMENT ON COLUMN workspace.visit_edit.person IS 'About whom.';
COMMENT ON COLUMN workspace.visit_edit.kind IS 'note, a note of a visit, or access, the standing note on how to get in.';
COMMENT ON COLUMN workspace.visit_edit.entry IS 'The entry that it changes or has become.';
COMMENT ON COLUMN workspace.visit_edit.state IS 'filed, conflict while both texts are shown, or left when its writer kept the other text.';
COMMENT ON COLUMN workspace.visit_edit.sealed_text IS 'The text, sealed under the secret of the installation, while it is in conflict or left; null once it is filed.';
COMMENT ON COLUMN workspace.visit_edit.written_at IS 'When it was written, by the device.';
COMMENT ON COLUMN workspace.visit_edit.received_at IS 'When it came in.';
COMMENT ON COLUMN workspace.visit_edit.settled_at IS 'When its writer settled the conflict; null before.';

CREATE INDEX saved_entry ON workspace.saved (entry);

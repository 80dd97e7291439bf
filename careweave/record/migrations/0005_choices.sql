-- What a person has chosen, in a form that a predicate can test, and what a cohort asks of a person.
DROP TABLE record.choice;
CREATE TABLE record.choice (
    subject bigint NOT NULL,
    rid bigint NOT NULL,
    place smallint NOT NULL,
    kind smallint NOT NULL,
    since timestamptz NOT NULL DEFAULT '-infinity',
    until timestamptz NOT NULL DEFAULT 'infinity',
    to_orgs int[] NOT NULL DEFAULT '{}',
    to_others boolean NOT NULL DEFAULT TRUE,
    users text[] NOT NULL DEFAULT '{}',
    user_others boolean NOT NULL DEFAULT TRUE,
    purposes bigint NOT NULL DEFAULT 0,
    purpose_others boolean NOT NULL DEFAULT TRUE,
    from_org text COLLATE "C" NOT NULL DEFAULT '',
    headings bigint NOT NULL DEFAULT -1,
    labels bigint NOT NULL DEFAULT 0,
    data_since timestamptz NOT NULL DEFAULT '-infinity',
    data_until timestamptz NOT NULL DEFAULT 'infinity',
    data_outside boolean NOT NULL DEFAULT FALSE,
    ids text[] NOT NULL DEFAULT '{}',
    id_others boolean NOT NULL DEFAULT TRUE,
    authors bigint[] NOT NULL DEFAULT '{}',
    author_others boolean NOT NULL DEFAULT TRUE,
    is_liftable boolean NOT NULL DEFAULT TRUE,
    PRIMARY KEY (subject, rid, place)
);
CREATE INDEX choice_users ON record.choice USING gin (users) WHERE kind = 3;
COMMENT ON TABLE record.choice IS 'What a person has chosen: one row denies, consents or grants where all that it says matches.';
COMMENT ON COLUMN record.choice.subject IS 'The subject; it holds for every subject of the same person.';
COMMENT ON COLUMN record.choice.rid IS 'The entry that states it.';
COMMENT ON COLUMN record.choice.place IS 'Which of the rows of that entry, from 1.';
COMMENT ON COLUMN record.choice.kind IS '1 denies, 2 consents to its labels, 3 grants access to a proxy, 4 is a type 1 opt-out.';
COMMENT ON COLUMN record.choice.since IS 'From when.';
COMMENT ON COLUMN record.choice.until IS 'Until when, excluded.';
COMMENT ON COLUMN record.choice.to_orgs IS 'Organisations towards whom, by number.';
COMMENT ON COLUMN record.choice.to_others IS 'Towards all organisations but these; with none, towards everyone.';
COMMENT ON COLUMN record.choice.users IS 'Users towards whom, as they are named by what states it.';
COMMENT ON COLUMN record.choice.user_others IS 'Towards all users but these.';
COMMENT ON COLUMN record.choice.purposes IS 'Purposes as a bit mask, numbered by the code.';
COMMENT ON COLUMN record.choice.purpose_others IS 'For all purposes but these.';
COMMENT ON COLUMN record.choice.from_org IS 'About entries of this organisation; empty is any.';
COMMENT ON COLUMN record.choice.headings IS 'About entries under these headings, as a bit mask over their numbers; -1 is all.';
COMMENT ON COLUMN record.choice.labels IS 'About entries with any of these labels, as a bit mask; 0 is whatever labels.';
COMMENT ON COLUMN record.choice.data_since IS 'About entries whose main date, else when they were updated, is at or after this.';
COMMENT ON COLUMN record.choice.data_until IS 'And before this.';
COMMENT ON COLUMN record.choice.data_outside IS 'About entries outside these dates instead.';
COMMENT ON COLUMN record.choice.ids IS 'About these entries: the number of the type, a stroke, the public id.';
COMMENT ON COLUMN record.choice.id_others IS 'About all entries but these.';
COMMENT ON COLUMN record.choice.authors IS 'About entries that carry any of these token keys of an author.';
COMMENT ON COLUMN record.choice.author_others IS 'About all entries but those of these authors.';
COMMENT ON COLUMN record.choice.is_liftable IS 'An emergency may set it aside where the clause says so.';

CREATE TABLE record.trait (
    subject bigint NOT NULL,
    rid bigint NOT NULL,
    born date,
    outward text COLLATE "C" NOT NULL DEFAULT '',
    PRIMARY KEY (subject, rid)
);
COMMENT ON TABLE record.trait IS 'What a cohort asks of a person, from each Patient entry.';
COMMENT ON COLUMN record.trait.subject IS 'The subject.';
COMMENT ON COLUMN record.trait.rid IS 'The Patient entry.';
COMMENT ON COLUMN record.trait.born IS 'The day of birth; none where the source does not give the whole day.';
COMMENT ON COLUMN record.trait.outward IS 'The first half of the postcode of the home, in capitals; empty where it is not known.';

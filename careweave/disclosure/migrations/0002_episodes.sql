-- Reasons and emergencies that people opened, what an officer looks into, and legal mandates.
CREATE SCHEMA IF NOT EXISTS disclosure;

CREATE TABLE disclosure.episode (
  id uuid PRIMARY KEY,
  is_emergency boolean NOT NULL,
  client text COLLATE "C" NOT NULL,
  user_name text COLLATE "C" NOT NULL,
  organisation text COLLATE "C" NOT NULL,
  role text COLLATE "C" NOT NULL,
  setting text COLLATE "C" NOT NULL,
  team text COLLATE "C" NOT NULL,
  person uuid NOT NULL,
  purpose text COLLATE "C" NOT NULL,
  heading text COLLATE "C" NOT NULL DEFAULT '',
  label text COLLATE "C" NOT NULL DEFAULT '',
  because text COLLATE "C" NOT NULL,
  words text NOT NULL,
  began_at timestamptz NOT NULL,
  opened_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  n_stated int NOT NULL DEFAULT 1,
  ended_at timestamptz,
  due_at timestamptz NOT NULL,
  claimed_by text COLLATE "C",
  claimed_at timestamptz,
  reviewed_by text COLLATE "C",
  reviewed_at timestamptz,
  verdict text COLLATE "C",
  remark text,
  CHECK (began_at <= opened_at AND opened_at < expires_at),
  CHECK (NOT is_emergency OR (heading = '' AND label = '')),
  CHECK ((verdict IS NULL) = (reviewed_at IS NULL))
);
CREATE INDEX episode_user ON disclosure.episode (organisation, user_name, expires_at);
CREATE INDEX episode_person ON disclosure.episode (person, began_at);
CREATE INDEX episode_due ON disclosure.episode (organisation, due_at) WHERE reviewed_at IS NULL;
COMMENT ON TABLE disclosure.episode IS 'A reason or an emergency that one user in one role opened for one person; never deleted.';
COMMENT ON COLUMN disclosure.episode.id IS 'Its id, a UUID of version 7.';
COMMENT ON COLUMN disclosure.episode.is_emergency IS 'An emergency may lift ties, dissent and gates; a reason opens one gate.';
COMMENT ON COLUMN disclosure.episode.client IS 'The client or session that opened it: it counts in no other.';
COMMENT ON COLUMN disclosure.episode.user_name IS 'Who opened it, as the organisation names its people.';
COMMENT ON COLUMN disclosure.episode.organisation IS 'For which organisation.';
COMMENT ON COLUMN disclosure.episode.role IS 'In which role: it counts in no other.';
COMMENT ON COLUMN disclosure.episode.setting IS 'In which setting.';
COMMENT ON COLUMN disclosure.episode.team IS 'In which team.';
COMMENT ON COLUMN disclosure.episode.person IS 'Of whom, by the id in force when it was opened.';
COMMENT ON COLUMN disclosure.episode.purpose IS 'The care purpose to which it is added.';
COMMENT ON COLUMN disclosure.episode.heading IS 'The heading that a reason opens; empty for none.';
COMMENT ON COLUMN disclosure.episode.label IS 'The label that a reason opens; empty for none.';
COMMENT ON COLUMN disclosure.episode.because IS 'The code of the reason.';
COMMENT ON COLUMN disclosure.episode.words IS 'The reason as it was typed: for the officer who reviews it, and nobody else.';
COMMENT ON COLUMN disclosure.episode.began_at IS 'When it was first opened.';
COMMENT ON COLUMN disclosure.episode.opened_at IS 'When it was opened, or restated last.';
COMMENT ON COLUMN disclosure.episode.expires_at IS 'From when on it opens nothing.';
COMMENT ON COLUMN disclosure.episode.n_stated IS 'How often it was stated, the first time included.';
COMMENT ON COLUMN disclosure.episode.ended_at IS 'When the user ended it before its time; null otherwise.';
COMMENT ON COLUMN disclosure.episode.due_at IS 'Until when it is to be reviewed.';
COMMENT ON COLUMN disclosure.episode.claimed_by IS 'The officer who took the review up.';
COMMENT ON COLUMN disclosure.episode.claimed_at IS 'When the review was taken up.';
COMMENT ON COLUMN disclosure.episode.reviewed_by IS 'The officer who reviewed it.';
COMMENT ON COLUMN disclosure.episode.reviewed_at IS 'When it was reviewed; null while it waits.';
COMMENT ON COLUMN disclosure.episode.verdict IS 'justified, training or breach.';
COMMENT ON COLUMN disclosure.episode.remark IS 'What the officer noted.';

CREATE TABLE disclosure.alert (
  id uuid PRIMARY KEY,
  at timestamptz NOT NULL,
  kind text COLLATE "C" NOT NULL,
  client text COLLATE "C" NOT NULL,
  user_name text COLLATE "C" NOT NULL,
  organisation text COLLATE "C" NOT NULL,
  role text COLLATE "C" NOT NULL,
  person uuid,
  episode uuid,
  clause text COLLATE "C" NOT NULL DEFAULT '',
  due_at timestamptz NOT NULL,
  claimed_by text COLLATE "C",
  claimed_at timestamptz,
  reviewed_by text COLLATE "C",
  reviewed_at timestamptz,
  verdict text COLLATE "C",
  remark text,
  CHECK ((verdict IS NULL) = (reviewed_at IS NULL))
);
CREATE INDEX alert_due ON disclosure.alert (organisation, due_at) WHERE reviewed_at IS NULL;
CREATE INDEX alert_episode ON disclosure.alert (episode) WHERE episode IS NOT NULL;
COMMENT ON TABLE disclosure.alert IS 'Something that the privacy officer of an organisation is to look into; never deleted.';
COMMENT ON COLUMN disclosure.alert.id IS 'Its id, a UUID of version 7.';
COMMENT ON COLUMN disclosure.alert.at IS 'When it was raised.';
COMMENT ON COLUMN disclosure.alert.kind IS 'What was noticed, as a code.';
COMMENT ON COLUMN disclosure.alert.client IS 'The client or session that did it.';
COMMENT ON COLUMN disclosure.alert.user_name IS 'Who did it, as the organisation names its people.';
COMMENT ON COLUMN disclosure.alert.organisation IS 'Whose officer is to look.';
COMMENT ON COLUMN disclosure.alert.role IS 'In which role it was done.';
COMMENT ON COLUMN disclosure.alert.person IS 'About whom; null where it is about nobody in particular.';
COMMENT ON COLUMN disclosure.alert.episode IS 'The episode that it belongs to; null for none.';
COMMENT ON COLUMN disclosure.alert.clause IS 'The clause whose budget it is about; empty for none.';
COMMENT ON COLUMN disclosure.alert.due_at IS 'Until when it is to be reviewed.';
COMMENT ON COLUMN disclosure.alert.claimed_by IS 'The officer who took it up.';
COMMENT ON COLUMN disclosure.alert.claimed_at IS 'When it was taken up.';
COMMENT ON COLUMN disclosure.alert.reviewed_by IS 'The officer who reviewed it.';
COMMENT ON COLUMN disclosure.alert.reviewed_at IS 'When it was reviewed; null while it waits.';
COMMENT ON COLUMN disclosure.alert.verdict IS 'justified, training or breach.';
COMMENT ON COLUMN disclosure.alert.remark IS 'What the officer noted.';

CREATE TABLE disclosure.release (
  id uuid PRIMARY KEY,
  at timestamptz NOT NULL,
  user_name text COLLATE "C" NOT NULL,
  organisation text COLLATE "C" NOT NULL,
  released_by text COLLATE "C" NOT NULL,
  reason text NOT NULL
);
CREATE INDEX release_user ON disclosure.release (organisation, user_name, at);
COMMENT ON TABLE disclosure.release IS 'An officer let a user who had used up the emergencies of a day open more of them.';
COMMENT ON COLUMN disclosure.release.id IS 'Its id, a UUID of version 7.';
COMMENT ON COLUMN disclosure.release.at IS 'From when on the count of that day begins anew.';
COMMENT ON COLUMN disclosure.release.user_name IS 'Whom.';
COMMENT ON COLUMN disclosure.release.organisation IS 'Of which organisation.';
COMMENT ON COLUMN disclosure.release.released_by IS 'The officer.';
COMMENT ON COLUMN disclosure.release.reason IS 'Why.';

CREATE TABLE disclosure.mandate (
  id uuid PRIMARY KEY,
  person uuid NOT NULL,
  issuer text NOT NULL,
  instrument text NOT NULL,
  headings text[] COLLATE "C" NOT NULL,
  bars text[] COLLATE "C" NOT NULL,
  recipient text COLLATE "C" NOT NULL,
  since timestamptz NOT NULL,
  until timestamptz NOT NULL,
  entered_by text COLLATE "C" NOT NULL,
  second_by text COLLATE "C" NOT NULL,
  entered_at timestamptz NOT NULL,
  ended_by text COLLATE "C",
  ended_at timestamptz,
  CHECK (since < until),
  CHECK (entered_by <> second_by)
);
CREATE INDEX mandate_recipient ON disclosure.mandate (recipient, until);
COMMENT ON TABLE disclosure.mandate IS 'A court order or other legal mandate, entered by two people; never deleted.';
COMMENT ON COLUMN disclosure.mandate.id IS 'Its id, a UUID of version 7.';
COMMENT ON COLUMN disclosure.mandate.person IS 'Whom it names.';
COMMENT ON COLUMN disclosure.mandate.issuer IS 'Who gave it: a court, an authority.';
COMMENT ON COLUMN disclosure.mandate.instrument IS 'The instrument and the law that it cites.';
COMMENT ON COLUMN disclosure.mandate.headings IS 'The headings that it names.';
COMMENT ON COLUMN disclosure.mandate.bars IS 'The bars of law that it cites, and so lifts.';
COMMENT ON COLUMN disclosure.mandate.recipient IS 'The organisation that may see.';
COMMENT ON COLUMN disclosure.mandate.since IS 'From when.';
COMMENT ON COLUMN disclosure.mandate.until IS 'Until when.';
COMMENT ON COLUMN disclosure.mandate.entered_by IS 'Who entered it.';
COMMENT ON COLUMN disclosure.mandate.second_by IS 'The second person, who is not the first.';
COMMENT ON COLUMN disclosure.mandate.entered_at IS 'When it was entered.';
COMMENT ON COLUMN disclosure.mandate.ended_by IS 'Who ended it before its time; null otherwise.';
COMMENT ON COLUMN disclosure.mandate.ended_at IS 'When it was ended before its time; null otherwise.';

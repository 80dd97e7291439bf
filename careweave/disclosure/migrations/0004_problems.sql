CREATE TABLE disclosure.problem (
    id uuid PRIMARY KEY,
    at timestamptz NOT NULL,
    user_name text COLLATE "C" NOT NULL,
    organisation text COLLATE "C" NOT NULL,
    role text COLLATE "C" NOT NULL,
    person uuid NOT NULL,
    type text COLLATE "C" NOT NULL,
    entry text COLLATE "C" NOT NULL,
    version int NOT NULL,
    heading text COLLATE "C" NOT NULL,
    owner text COLLATE "C" NOT NULL,
    system text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    words text NOT NULL,
    due_at timestamptz NOT NULL,
    answered_at timestamptz,
    answered_by text COLLATE "C",
    outcome text COLLATE "C",
    remark text
);
CREATE INDEX problem_owner ON disclosure.problem (owner, due_at) WHERE answered_at IS NULL;
CREATE INDEX problem_user ON disclosure.problem (user_name, organisation, at);
COMMENT ON TABLE disclosure.problem IS 'What readers say is wrong with an entry: for the organisation that it comes from, with a clock.';
COMMENT ON COLUMN disclosure.problem.id IS 'The id of the report.';
COMMENT ON COLUMN disclosure.problem.at IS 'When it was reported.';
COMMENT ON COLUMN disclosure.problem.user_name IS 'Who reported it.';
COMMENT ON COLUMN disclosure.problem.organisation IS 'At which organisation they work.';
COMMENT ON COLUMN disclosure.problem.role IS 'In which role they were.';
COMMENT ON COLUMN disclosure.problem.person IS 'About whom the entry is.';
COMMENT ON COLUMN disclosure.problem.type IS 'The type of the entry.';
COMMENT ON COLUMN disclosure.problem.entry IS 'Its public id.';
COMMENT ON COLUMN disclosure.problem.version IS 'The version that was shown.';
COMMENT ON COLUMN disclosure.problem.heading IS 'Its heading; empty for none.';
COMMENT ON COLUMN disclosure.problem.owner IS 'The organisation that it comes from, whose officers answer.';
COMMENT ON COLUMN disclosure.problem.system IS 'The system of that organisation.';
COMMENT ON COLUMN disclosure.problem.kind IS 'What is wrong: a word of a closed list.';
COMMENT ON COLUMN disclosure.problem.words IS 'What the reader wrote; for the officers of the owner and the reader alone.';
COMMENT ON COLUMN disclosure.problem.due_at IS 'Until when it has to be answered.';
COMMENT ON COLUMN disclosure.problem.answered_at IS 'When it was answered; null while it waits.';
COMMENT ON COLUMN disclosure.problem.answered_by IS 'Which officer answered.';
COMMENT ON COLUMN disclosure.problem.outcome IS 'What came of it: corrected at the source, right as it is, or not ours.';
COMMENT ON COLUMN disclosure.problem.remark IS 'What the officer wrote to the reader.';

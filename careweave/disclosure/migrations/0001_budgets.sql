-- How much was opened and released, for the budgets of clauses; shared by all processes.
CREATE SCHEMA IF NOT EXISTS disclosure;
COMMENT ON SCHEMA disclosure IS 'What deciding keeps: budgets, episodes, alerts and mandates.';

CREATE TABLE disclosure.opened (
  hour timestamptz NOT NULL,
  organisation text COLLATE "C" NOT NULL,
  user_name text COLLATE "C" NOT NULL,
  clause text COLLATE "C" NOT NULL,
  person uuid NOT NULL,
  PRIMARY KEY (hour, organisation, user_name, clause, person)
);
COMMENT ON TABLE disclosure.opened IS 'Whom a user has opened under a clause within an hour: what the budget of people counts.';
COMMENT ON COLUMN disclosure.opened.hour IS 'The hour, by its beginning.';
COMMENT ON COLUMN disclosure.opened.organisation IS 'For whom the user works.';
COMMENT ON COLUMN disclosure.opened.user_name IS 'The user, as the organisation names them.';
COMMENT ON COLUMN disclosure.opened.clause IS 'The clause, as agreement@version/clause.';
COMMENT ON COLUMN disclosure.opened.person IS 'Whose record was opened; where it is of no person yet, an id made of the subject.';

CREATE TABLE disclosure.spent (
  since timestamptz NOT NULL,
  organisation text COLLATE "C" NOT NULL,
  user_name text COLLATE "C" NOT NULL,
  clause text COLLATE "C" NOT NULL,
  n bigint NOT NULL,
  PRIMARY KEY (since, organisation, user_name, clause)
);
COMMENT ON TABLE disclosure.spent IS 'Counters: items of a clause in a day, searches for people of a user in an hour.';
COMMENT ON COLUMN disclosure.spent.since IS 'The beginning of the day or the hour.';
COMMENT ON COLUMN disclosure.spent.organisation IS 'For whom the user works; empty for the day of a clause, which all share.';
COMMENT ON COLUMN disclosure.spent.user_name IS 'The user; empty for the day of a clause.';
COMMENT ON COLUMN disclosure.spent.clause IS 'The clause; the word find for searches.';
COMMENT ON COLUMN disclosure.spent.n IS 'How many so far.';

-- How far the ledger was looked through for what an officer should know.
CREATE TABLE disclosure.watched (
  is_one boolean PRIMARY KEY DEFAULT true CHECK (is_one),
  tx xid8 NOT NULL,
  id uuid NOT NULL
);
COMMENT ON TABLE disclosure.watched IS 'Up to which account looks were gone through for alerts; one row.';
COMMENT ON COLUMN disclosure.watched.is_one IS 'Always true: there is one row.';
COMMENT ON COLUMN disclosure.watched.tx IS 'The transaction of the last account that was gone through.';
COMMENT ON COLUMN disclosure.watched.id IS 'The id of the last account that was gone through.';

CREATE INDEX episode_began ON disclosure.episode (began_at) WHERE is_emergency;
CREATE INDEX alert_user ON disclosure.alert (organisation, user_name, at);

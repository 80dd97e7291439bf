-- Of which person something was shown, and by which links, so that a wrong link can be recalled.
ALTER TABLE ledger.account
ADD COLUMN person uuid,
ADD COLUMN links bigint[];
CREATE INDEX account_person ON ledger.account (person, at) WHERE person IS NOT NULL;
COMMENT ON COLUMN ledger.account.person IS 'As whose entries they were shown; null where no person was read.';
COMMENT ON COLUMN ledger.account.links IS 'The decisions of identity by which the subjects belonged to that person.';

-- What was shown of a subject, and what was done in a period, without reading all accounts.
CREATE INDEX account_subject ON ledger.account ((subjects[1]), at);
CREATE INDEX account_subjects ON ledger.account USING gin (subjects) WHERE cardinality(subjects) > 1;
CREATE INDEX account_at ON ledger.account USING brin (at);

-- What a region says of normalisation: its own placeholders, postcodes, whether test numbers count.
CREATE TABLE identity.rule_set (
    rule_set bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    document jsonb NOT NULL,
    at timestamptz NOT NULL
);
COMMENT ON TABLE identity.rule_set IS 'The rules of normalisation that the region sets otherwise; the newest is in force.';
COMMENT ON COLUMN identity.rule_set.rule_set IS 'Its number: the largest is in force.';
COMMENT ON COLUMN identity.rule_set.document IS 'What its file says.';
COMMENT ON COLUMN identity.rule_set.at IS 'From when it was in force.';

-- What so many persons share that it identifies none of them.
CREATE TABLE identity.shared_value (
    field text NOT NULL CHECK (field IN ('contact', 'home')),
    value text COLLATE "C" NOT NULL,
    persons int NOT NULL,
    counted_at timestamptz NOT NULL,
    PRIMARY KEY (field, value)
);
COMMENT ON TABLE identity.shared_value IS 'Phones, e-mail addresses and homes of too many persons to be evidence; counted nightly.';
COMMENT ON COLUMN identity.shared_value.field IS 'A contact, or a home as postcode, house and street.';
COMMENT ON COLUMN identity.shared_value.value IS 'The normalised value.';
COMMENT ON COLUMN identity.shared_value.persons IS 'How many persons have it.';
COMMENT ON COLUMN identity.shared_value.counted_at IS 'When they were counted.';

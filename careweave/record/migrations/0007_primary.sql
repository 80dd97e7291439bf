-- An entry about several people is seen by others only where each of them may be seen.
ALTER TABLE record.extra_subject ADD COLUMN is_primary boolean NOT NULL DEFAULT FALSE;
COMMENT ON COLUMN record.extra_subject.is_primary IS 'The entry is about this subject too, not only by, for or with it.';

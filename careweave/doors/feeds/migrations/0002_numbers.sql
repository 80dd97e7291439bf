-- Of a row only the number of the arrival that last told it is kept: its text lies with the arrivals,
-- where an erasure finds it. Rows whose text lay here are forgotten, so the next extract tells them.
DELETE FROM feeds.row
WHERE said IS NOT NULL;
ALTER TABLE feeds.row DROP COLUMN said;
ALTER TABLE feeds.row ADD COLUMN message bigint;
COMMENT ON COLUMN feeds.row.message IS 'The arrival that last told it; none for a row that could not be used.';

CREATE TABLE db.job (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind text COLLATE "C" NOT NULL,
  lane text COLLATE "C",
  args jsonb NOT NULL,
  unique_key text COLLATE "C",
  state text COLLATE "C" NOT NULL DEFAULT 'ready' CHECK (state IN ('ready', 'leased', 'dead')),
  due_at timestamptz NOT NULL,
  n_attempts int NOT NULL DEFAULT 0,
  fence int NOT NULL DEFAULT 0,
  worker text COLLATE "C",
  reason text COLLATE "C",
  put_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01);
CREATE INDEX job_due ON db.job (kind, due_at, id) WHERE state IN ('ready', 'leased');
CREATE INDEX job_lane ON db.job (lane, id) WHERE state IN ('ready', 'leased');
CREATE UNIQUE INDEX job_unique ON db.job (kind, unique_key) WHERE unique_key IS NOT NULL;
COMMENT ON TABLE db.job IS 'Work to be done; a job that was done is gone, one that cannot be done is dead and stays.';
COMMENT ON COLUMN db.job.id IS 'The order within a lane.';
COMMENT ON COLUMN db.job.kind IS 'Which handler does it.';
COMMENT ON COLUMN db.job.lane IS 'Jobs of one lane are done one after the other; null for none.';
COMMENT ON COLUMN db.job.args IS 'What the handler needs: ids only, nobody''s data.';
COMMENT ON COLUMN db.job.unique_key IS 'Of one kind there is one job with it at a time; null for none.';
COMMENT ON COLUMN db.job.state IS 'ready, leased by a worker, or dead.';
COMMENT ON COLUMN db.job.due_at IS 'From when on it may be taken: when it is to run, or when its lease ends.';
COMMENT ON COLUMN db.job.n_attempts IS 'How often it was taken.';
COMMENT ON COLUMN db.job.fence IS 'Grows with each taking, so that a worker that lost its lease changes nothing.';
COMMENT ON COLUMN db.job.worker IS 'Who holds the lease.';
COMMENT ON COLUMN db.job.reason IS 'Why it last failed, as a code.';
COMMENT ON COLUMN db.job.put_at IS 'When it was put.';

CREATE TABLE db.consumer (
  name text COLLATE "C" PRIMARY KEY,
  tx xid8 NOT NULL DEFAULT '0',
  seq bigint NOT NULL DEFAULT 0,
  at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE db.consumer IS 'How far each consumer has read its feed.';
COMMENT ON COLUMN db.consumer.name IS 'The consumer and its feed.';
COMMENT ON COLUMN db.consumer.tx IS 'The transaction of the last row read.';
COMMENT ON COLUMN db.consumer.seq IS 'The number of the last row read.';
COMMENT ON COLUMN db.consumer.at IS 'When it last moved on.';

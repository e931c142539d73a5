-- Background work: the outbox drained into the queue, run history of periodic jobs, leader leases, applied result messages.

-- +goose Up
CREATE TABLE outbox (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  task_id uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
  queue text NOT NULL DEFAULT 'default' CHECK (queue IN ('critical', 'default', 'low')),
  kind text NOT NULL CHECK (kind <> ''),
  payload jsonb NOT NULL DEFAULT '{}',
  dedupe_key text,
  created timestamptz NOT NULL DEFAULT now(),
  available_at timestamptz NOT NULL DEFAULT now(),
  attempts integer NOT NULL DEFAULT 0,
  dispatched_at timestamptz,
  checked_at timestamptz,
  done_at timestamptz,
  last_error text
);
COMMENT ON COLUMN outbox.attempts IS 'how often the row was handed to the queue, or should have been';
COMMENT ON COLUMN outbox.checked_at IS 'when the queue was last known to have the task';
COMMENT ON COLUMN outbox.done_at IS 'when the work was done: a task that comes again after that does nothing';
COMMENT ON COLUMN outbox.task_id IS 'id of the task in the queue: a row handed over twice is one task';
COMMENT ON COLUMN outbox.dedupe_key IS 'one row per (kind, dedupe_key) for as long as the row is kept after it is done';
CREATE INDEX outbox_waiting_idx ON outbox (available_at, id) WHERE dispatched_at IS NULL;
CREATE INDEX outbox_unfinished_idx ON outbox (checked_at, id) WHERE dispatched_at IS NOT NULL AND done_at IS NULL;
CREATE INDEX outbox_done_at_idx ON outbox (done_at) WHERE done_at IS NOT NULL;
CREATE UNIQUE INDEX outbox_dedupe_key ON outbox (kind, dedupe_key) WHERE dedupe_key IS NOT NULL;

CREATE TABLE job_runs (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL,
  scheduled_for timestamptz NOT NULL,
  status text NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'running', 'succeeded', 'failed')),
  queued timestamptz NOT NULL DEFAULT now(),
  started timestamptz,
  finished timestamptz,
  attempts integer NOT NULL DEFAULT 0,
  affected bigint NOT NULL DEFAULT 0,
  error text,
  worker text,
  UNIQUE (name, scheduled_for)
);
COMMENT ON COLUMN job_runs.affected IS 'rows the run changed or removed';
CREATE INDEX job_runs_unfinished_idx ON job_runs (name) WHERE status IN ('queued', 'running');
CREATE INDEX job_runs_scheduled_for_idx ON job_runs (scheduled_for DESC, id DESC);

CREATE TABLE leases (
  name text PRIMARY KEY,
  holder text NOT NULL,
  term bigint NOT NULL DEFAULT 1,
  acquired timestamptz NOT NULL DEFAULT now(),
  expires timestamptz NOT NULL
);
COMMENT ON COLUMN leases.term IS 'grows with every change of holder; a holder acts only under the term it was given';

CREATE TABLE applied_results (
  message_id text PRIMARY KEY,
  applied_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX applied_results_applied_at_idx ON applied_results USING brin (applied_at);

-- +goose Down
DROP TABLE applied_results, leases, job_runs, outbox;

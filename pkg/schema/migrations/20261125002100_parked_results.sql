-- Result messages that could not be applied for a reason that trying again does not cure, kept for an operator to look at
-- and to replay.

-- +goose Up
CREATE TABLE parked_results (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  subject text NOT NULL,
  message_id text NOT NULL,
  agent_id integer,
  reason text NOT NULL,
  payload bytea NOT NULL,
  received timestamptz NOT NULL,
  parked timestamptz NOT NULL DEFAULT now(),
  UNIQUE (subject, message_id)
);
COMMENT ON COLUMN parked_results.agent_id IS 'agents.id as the message says; no reference: the agent may be what is missing';
CREATE INDEX parked_results_parked_idx ON parked_results (parked);

-- +goose Down
DROP TABLE parked_results;

-- Mail that a committed change owes somebody. Written in the transaction of the change, delivered by a worker.
-- Recipient and body are wiped once the mail server has taken the mail or it was given up; the rest of the row
-- stays, so that the desk can see what was sent.
CREATE TABLE outbox (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    account_id TEXT REFERENCES accounts (id),   -- null: to an address without an account
    kind TEXT NOT NULL,
    language TEXT NOT NULL,
    change TEXT NOT NULL UNIQUE,                -- names the change: one change, one mail
    message_id TEXT NOT NULL UNIQUE,            -- the same on every attempt
    recipient BYTES,                            -- personal: sealed
    body BYTES,                                 -- personal: sealed
    queued_at BIGINT NOT NULL,
    expires_at BIGINT,                          -- when the code or link in it ends
    due_at BIGINT NOT NULL,
    lease TEXT,                                 -- of the worker that has it in hand
    leased_until BIGINT,
    attempts BIGINT NOT NULL,
    sent_at BIGINT,
    given_up_at BIGINT,
    reason TEXT                                 -- why the last attempt failed, or why it was given up
);

CREATE INDEX outbox_due ON outbox (due_at) WHERE sent_at IS NULL AND given_up_at IS NULL;
CREATE INDEX outbox_by_lease ON outbox (lease);
CREATE INDEX outbox_by_account ON outbox (account_id, kind, queued_at);

-- One row, written first by whoever leases: workers take turns, so that no mail is leased twice and none waits for
-- another in a circle. SQLite knows no SKIP LOCKED.
CREATE TABLE outbox_turn (
    id BIGINT NOT NULL PRIMARY KEY,
    taken_at BIGINT NOT NULL
);

INSERT INTO outbox_turn (id, taken_at) VALUES (1, 0);

-- Registrations in progress, recoveries by mail, and the limits that bound both.

-- A person on the way to an account. A row is bound to one browser and one set of answers: other answers are
-- another row, so that nothing proven for one person can count for another. What was typed is wiped when the row
-- is over; the row itself stays for the record.
CREATE TABLE registrations (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    token_hash BYTES NOT NULL UNIQUE,           -- the browser's cookie
    person_id TEXT REFERENCES people (id),      -- null: could not go on
    answers BYTES,                              -- personal: sealed
    email BYTES,                                -- personal: sealed
    code_round BIGINT NOT NULL DEFAULT 0,
    code_hash BYTES,
    code_expires_at BIGINT,
    code_failures BIGINT NOT NULL DEFAULT 0,
    email_proven_at BIGINT,
    user_id BYTES,                              -- personal: sealed
    password_hash TEXT,
    history_salt BYTES,
    history_parameters TEXT,
    history_hash BYTES,
    started_at BIGINT NOT NULL,
    active_at BIGINT NOT NULL,
    resumed_at BIGINT,
    consumed_at BIGINT,
    account_id TEXT REFERENCES accounts (id),
    ended_at BIGINT
);

CREATE INDEX registrations_person ON registrations (person_id);

-- A link sent by mail that leads to a code sent by mail that lets a password be set. A request for an address
-- without an account leaves a row too, so that it costs what the others cost; its link is never sent.
CREATE TABLE recoveries (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    account_id TEXT REFERENCES accounts (id),   -- null: nobody's
    invited_at BIGINT,                          -- null: asked for by its owner
    token_hash BYTES NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    code_round BIGINT NOT NULL DEFAULT 0,
    code_hash BYTES,
    code_expires_at BIGINT,
    code_failures BIGINT NOT NULL DEFAULT 0,
    code_proven_at BIGINT,
    used_at BIGINT,
    voided_at BIGINT
);

CREATE INDEX recoveries_account ON recoveries (account_id);

-- What was taken lately of something of which only so much may be taken: the times, oldest first, each eight bytes.
CREATE TABLE limits (
    kind TEXT NOT NULL,
    subject BYTES NOT NULL,                     -- personal: fingerprint
    taken BYTES NOT NULL,
    touched_at BIGINT NOT NULL,
    PRIMARY KEY (kind, subject)
);

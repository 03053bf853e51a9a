-- PINs (DESIGN.md, "Recover with a PIN"). The same rules and marks as in 0001.

-- What was asked for lately: an address with a date of birth, whether or not anybody has them. It counts the entries, so
-- that nothing that is seen depends on whether there is a PIN to compare them with.
CREATE TABLE pin_requests (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    subject BYTES NOT NULL,                     -- personal: fingerprint
    id TEXT NOT NULL UNIQUE,
    expires_at BIGINT NOT NULL,
    failures BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (organization_id, subject)
);

CREATE TABLE pins (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    account_id TEXT NOT NULL REFERENCES accounts (id),
    request_id TEXT NOT NULL,                   -- of one that may have made way for a newer one
    hash BYTES NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,                             -- when it set a password
    user_id_shown_at BIGINT
);

CREATE INDEX pins_request ON pins (request_id);
CREATE INDEX pins_account ON pins (account_id);

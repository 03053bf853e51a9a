-- One's own email address, changed behind sign-in. The same rules and marks as in 0001.

-- An address that is to take the place of an account's, once the code that went there comes back: the latest that was
-- asked for.
CREATE TABLE email_changes (
    account_id TEXT NOT NULL PRIMARY KEY REFERENCES accounts (id),
    id TEXT NOT NULL UNIQUE,                    -- what its codes follow from
    email BYTES NOT NULL,                       -- personal: sealed
    code_round BIGINT NOT NULL,
    code_hash BYTES NOT NULL,
    code_expires_at BIGINT NOT NULL,
    code_failures BIGINT NOT NULL,
    started_at BIGINT NOT NULL
);

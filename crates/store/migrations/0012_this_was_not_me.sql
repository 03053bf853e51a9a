-- "This was not me" (DESIGN.md, Signed in). The same rules and marks as in 0001.

-- The way out that a mail about an account brings along.
CREATE TABLE disavowals (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    account_id TEXT NOT NULL REFERENCES accounts (id),
    token_hash BYTES NOT NULL UNIQUE,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);

CREATE INDEX disavowals_by_account ON disavowals (account_id);
CREATE INDEX disavowals_by_expiry ON disavowals (expires_at);

-- When the owner said so: locked since then, until recovery or the desk, however long that takes.
ALTER TABLE accounts ADD COLUMN disavowed_at BIGINT;

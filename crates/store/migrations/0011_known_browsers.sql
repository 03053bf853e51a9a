-- Browsers that have signed in to an account before (DESIGN.md, Lockout). The same rules and marks as in 0001.

-- Each counts its own failures, so that strangers who guess do not lock out the browser that the owner always uses. The
-- browser has the id in a signed cookie; when the row is gone, the cookie is worth nothing.
CREATE TABLE known_browsers (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    account_id TEXT NOT NULL REFERENCES accounts (id),
    signed_in_at BIGINT NOT NULL,               -- the last time
    failures BIGINT NOT NULL DEFAULT 0,         -- these four as those of accounts, which are the strangers'
    failed_at BIGINT,
    locked_at BIGINT,
    locks BIGINT NOT NULL DEFAULT 0
);

CREATE INDEX known_browsers_by_account ON known_browsers (account_id);
CREATE INDEX known_browsers_by_sign_in ON known_browsers (signed_in_at);

-- The browser a session was opened in: what is entered wrongly there counts on its counter. No reference, since
-- sessions are kept for the record when their browser is known no more.
ALTER TABLE sessions ADD COLUMN known_browser_id TEXT;

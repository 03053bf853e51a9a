-- The ground everything else stands on: organizations, their roster, accounts, sessions and the audit log.
--
-- One text for SQLite and PostgreSQL. BYTES becomes BLOB or BYTEA. Times are microseconds since 1970, dates are
-- ISO 8601 text, ids are 128 random bits as text. A column that holds personal data ends in a comment that says how:
-- sealed (encrypted) or fingerprint (keyed hash for look-ups). A test reads these comments.

CREATE TABLE organizations (
    id TEXT NOT NULL PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE,
    definition TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    -- The head of the audit log: the number of its last row, and that row's link.
    audit_sequence BIGINT NOT NULL,
    audit_head BYTES NOT NULL
);

CREATE TABLE people (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    member_id_fingerprint BYTES NOT NULL, -- personal: fingerprint
    record BYTES NOT NULL, -- personal: sealed
    match_fingerprint BYTES NOT NULL, -- personal: fingerprint
    ssn_fingerprint BYTES, -- personal: fingerprint
    email_fingerprint BYTES, -- personal: fingerprint
    relationship TEXT NOT NULL,
    subscriber_fingerprint BYTES, -- personal: fingerprint
    imported_at BIGINT NOT NULL,
    UNIQUE (organization_id, member_id_fingerprint)
);

CREATE INDEX people_by_match ON people (organization_id, match_fingerprint);
CREATE INDEX people_by_email ON people (organization_id, email_fingerprint);

-- Empty text rather than NULL in what makes a row unique, since two NULLs are never equal.
CREATE TABLE enrolments (
    id TEXT NOT NULL PRIMARY KEY,
    person_id TEXT NOT NULL REFERENCES people (id),
    program TEXT NOT NULL,
    plan_name TEXT NOT NULL,
    clinic TEXT NOT NULL,
    employer TEXT NOT NULL,
    coverage_start TEXT NOT NULL,
    coverage_end TEXT,
    UNIQUE (person_id, program, plan_name, clinic, employer, coverage_start)
);

CREATE TABLE accounts (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    -- The person of the roster whose account it is; one account a person.
    person_id TEXT UNIQUE REFERENCES people (id),
    role TEXT NOT NULL,
    name BYTES NOT NULL, -- personal: sealed
    user_id BYTES, -- personal: sealed
    user_id_fingerprint BYTES, -- personal: fingerprint
    email BYTES, -- personal: sealed
    email_fingerprint BYTES, -- personal: fingerprint
    language TEXT NOT NULL,
    password_hash TEXT,
    -- The salt of every row of password_history, so that one slow hash is compared with all of them.
    history_salt BYTES NOT NULL,
    created_at BIGINT NOT NULL,
    -- When the first password was set; NULL while invited.
    activated_at BIGINT,
    signed_in_at BIGINT,
    reactivated_at BIGINT,
    -- Attempts since the last right password; each is counted before it is checked.
    failures BIGINT NOT NULL,
    failed_at BIGINT,
    locked_at BIGINT,
    disabled_at BIGINT,
    -- Links and codes issued at or before this moment are dead.
    void_before BIGINT NOT NULL,
    UNIQUE (organization_id, user_id_fingerprint)
);

CREATE INDEX accounts_by_email ON accounts (organization_id, email_fingerprint);

-- Every password an account had as far back as its organization's policy looks, the current one included.
CREATE TABLE password_history (
    account_id TEXT NOT NULL REFERENCES accounts (id),
    -- Counts the account's passwords from 1.
    number BIGINT NOT NULL,
    parameters TEXT NOT NULL,
    hash BYTES NOT NULL,
    set_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, number)
);

CREATE TABLE sessions (
    id TEXT NOT NULL PRIMARY KEY,
    token_hash BYTES NOT NULL UNIQUE,
    account_id TEXT NOT NULL REFERENCES accounts (id),
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    -- Such as "Firefox on Windows".
    browser TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    active_at BIGINT NOT NULL,
    ended_at BIGINT,
    end_reason TEXT
);

CREATE INDEX sessions_by_account ON sessions (account_id, ended_at);

CREATE TABLE audit (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    sequence BIGINT NOT NULL,
    at BIGINT NOT NULL,
    event TEXT NOT NULL,
    account_id TEXT,
    -- Sealed because a reason typed by the desk may name a person.
    detail BYTES NOT NULL, -- personal: sealed
    previous BYTES NOT NULL,
    link BYTES NOT NULL,
    PRIMARY KEY (organization_id, sequence)
);

CREATE INDEX audit_by_account ON audit (account_id, sequence);

-- Security questions (DESIGN.md, Register and "Recover with a PIN"). The same rules and marks as in 0001.

-- What an account is asked after a PIN. Answers are kept as one slow hash of all of them together, and never otherwise.
CREATE TABLE security_answers (
    account_id TEXT NOT NULL PRIMARY KEY REFERENCES accounts (id),
    questions TEXT NOT NULL,                    -- as the catalogue names them, in order, with commas between
    hash TEXT NOT NULL,
    set_at BIGINT NOT NULL
);

-- The same of a registration, until it is an account; NULL before they are chosen.
ALTER TABLE registrations ADD COLUMN security_questions TEXT;
ALTER TABLE registrations ADD COLUMN security_hash TEXT;

-- Wrong answers after this PIN, those under way included: an account that is locked counts none of its own.
ALTER TABLE pins ADD COLUMN answer_failures BIGINT NOT NULL DEFAULT 0;

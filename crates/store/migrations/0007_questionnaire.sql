-- The identity questionnaire (DESIGN.md, "Register"). The same rules and marks as in 0001.

-- Questions with their options, as they were first asked of somebody, and when they were answered. Of a person, or of
-- what was entered where it is nobody's, so that asking again brings the same.
CREATE TABLE questionnaires (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    subject BYTES NOT NULL,                     -- personal: fingerprint
    id TEXT NOT NULL UNIQUE,
    questions BYTES NOT NULL,                   -- personal: sealed
    asked_at BIGINT NOT NULL,
    -- The last try, and the one before it. A right one is no try.
    tried_at BIGINT,
    tried_before_at BIGINT,
    PRIMARY KEY (organization_id, subject)
);

CREATE INDEX questionnaires_by_age ON questionnaires (asked_at);

-- Why it leads nowhere, which whoever is asked questions learns nothing of; NULL while it may become an account.
ALTER TABLE registrations ADD COLUMN refusal TEXT;
-- The person of the roster whom names, date of birth and address point to, whether or not it is for them.
ALTER TABLE registrations ADD COLUMN near_id TEXT REFERENCES people (id);
-- The questionnaire that is asked, which need not be there any more when this row is; NULL where none is.
ALTER TABLE registrations ADD COLUMN questionnaire_id TEXT;
ALTER TABLE registrations ADD COLUMN questions_passed_at BIGINT;
-- When it was found that the roster knows too little of the person to ask, and the policy lets them go on.
ALTER TABLE registrations ADD COLUMN questions_waived_at BIGINT;
-- When they gave the Social Security number that is on file.
ALTER TABLE registrations ADD COLUMN ssn_agreed_at BIGINT;
-- When it came to the page that it cannot go on from.
ALTER TABLE registrations ADD COLUMN stopped_at BIGINT;

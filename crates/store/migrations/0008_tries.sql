-- Registrations that could not go on, as the desk sees them. The same rules and marks as in 0001.

-- How what was typed agrees with the person of near_id: which fields were compared, and which agreed, a bit each.
ALTER TABLE registrations ADD COLUMN compared BIGINT;
ALTER TABLE registrations ADD COLUMN agreed BIGINT;
-- What was typed, masked.
ALTER TABLE registrations ADD COLUMN masked BYTES; -- personal: sealed

-- Slug of the employer through whose page it was begun; NULL: through nobody's.
ALTER TABLE registrations ADD COLUMN employer TEXT;

CREATE INDEX registrations_stopped ON registrations (organization_id, stopped_at);

-- By which a person is found though something of what was typed differs: the name, the date of birth or the address.
-- NULL for those who have not been imported since.
ALTER TABLE people ADD COLUMN born_at_home_fingerprint BYTES; -- personal: fingerprint
ALTER TABLE people ADD COLUMN named_at_home_fingerprint BYTES; -- personal: fingerprint
ALTER TABLE people ADD COLUMN named_born_fingerprint BYTES; -- personal: fingerprint

CREATE INDEX people_by_born_at_home ON people (organization_id, born_at_home_fingerprint);
CREATE INDEX people_by_named_at_home ON people (organization_id, named_at_home_fingerprint);
CREATE INDEX people_by_named_born ON people (organization_id, named_born_fingerprint);

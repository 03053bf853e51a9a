-- How often an account was locked since the last right password or recovery: each further lock lasts longer.

ALTER TABLE accounts ADD COLUMN locks BIGINT NOT NULL DEFAULT 0;

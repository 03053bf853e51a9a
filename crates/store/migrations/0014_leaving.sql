-- Leaving the portal ends the session, where the policy says so.

-- How many documents of the portal were opened in this session.
ALTER TABLE sessions ADD COLUMN documents BIGINT NOT NULL DEFAULT 0;

-- The latest of them, unless it has gone.
ALTER TABLE sessions ADD COLUMN open_document BIGINT;

-- When it went; NULL again once the session asks for anything in time.
ALTER TABLE sessions ADD COLUMN left_at BIGINT;

-- Leaving the portal ends the session, where the policy says so.

-- When the latest document of the session was opened, unless it has gone.
ALTER TABLE sessions ADD COLUMN document_at BIGINT;

-- When it went; NULL again once the session asks for anything in time.
ALTER TABLE sessions ADD COLUMN left_at BIGINT;

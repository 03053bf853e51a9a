-- Closing an account.

-- When its owner closed it. What identified them is gone from the row then; the row itself stays, since others name it.
ALTER TABLE accounts ADD COLUMN closed_at BIGINT;

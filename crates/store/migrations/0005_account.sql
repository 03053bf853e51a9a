-- What people see of their own account: where their sessions come from, and the reminder to change a password.

-- The range of network addresses that a session was opened from; NULL for those from before.
ALTER TABLE sessions ADD COLUMN network BYTES; -- personal: sealed

-- When the person last put the reminder off.
ALTER TABLE accounts ADD COLUMN reminder_put_off_at BIGINT;

-- "This was not me" undoes a change of the email address. The same rules and marks as in 0001.

-- The address that the account had when the link was made, until the link is used. NULL in older links.
ALTER TABLE disavowals ADD COLUMN
    email BYTES;                                -- personal: sealed
ALTER TABLE disavowals ADD COLUMN
    email_fingerprint BYTES;                    -- personal: fingerprint

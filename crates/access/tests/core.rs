//! The core of access, in process, with a clock that stands still, on both databases.

#![expect(clippy::unwrap_used, reason = "what a test cannot go on without")]

mod core {
    mod accounts;
    mod activity;
    mod at_rest;
    mod audit;
    mod change_password;
    mod leaving;
    mod organization;
    mod password_reminder;
    mod passwords;
    mod roster_import;
    mod sessions;
    mod sign_in;
}

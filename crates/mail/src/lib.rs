//! portico-mail

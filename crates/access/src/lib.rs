//! portico-access

//! portico-roster

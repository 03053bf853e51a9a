//! portico-rules

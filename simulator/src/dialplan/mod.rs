//! The dialplan.

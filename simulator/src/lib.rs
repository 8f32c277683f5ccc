//! An Asterisk REST Interface to test against.

pub mod dialplan;

//! Core of the Asterisk REST Libraries.

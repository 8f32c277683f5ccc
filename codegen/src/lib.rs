//! Generates the surfaces of the Asterisk REST Libraries from Asterisk's Swagger documents.
//!
//! `source` and `swagger` read the documents, `api` says what they mean, `context` looks at that through one
//! `language.toml`, `render` puts it through the language's templates, and `write` writes or verifies the result.

pub mod api;
pub mod context;
pub mod declarations;
pub mod diff;
pub mod docs;
pub mod error;
pub mod fetch;
pub mod generate;
pub mod language;
pub mod naming;
pub mod render;
pub mod samples;
pub mod source;
pub mod starter;
pub mod swagger;
pub mod types;
pub mod write;

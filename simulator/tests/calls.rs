//! Calls, from the telephone's side and from the application's.

#[path = "calls/application.rs"]
mod application;
#[path = "calls/stage.rs"]
mod stage;
#[path = "calls/telephone.rs"]
mod telephone;

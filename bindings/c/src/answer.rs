//! What a call gives.

use ari_core::{Error, Reply};

use crate::bytes::{ari_bytes_free, AriBytes};

/// What an answer is.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AriAnswerKind {
    /// It was done, and there is nothing to say.
    Nothing = 0,
    /// `bytes` are JSON.
    Json = 1,
    /// `bytes` are a file of the type `content_type`.
    Binary = 2,
    /// It failed; `bytes` are the error as JSON.
    Failed = 3,
    /// The stream that was opened with this ticket has something new: call `ari_stream_next`.
    Events = 4,
}

/// An answer. `ari_answer_free` gives its bytes back.
#[repr(C)]
pub struct AriAnswer {
    /// The number that the caller gave the call; 0 for calls that were waited for.
    pub ticket: u64,
    pub kind: AriAnswerKind,
    pub bytes: AriBytes,
    pub content_type: AriBytes,
}

impl AriAnswer {
    pub fn new(ticket: u64, kind: AriAnswerKind, bytes: AriBytes) -> AriAnswer {
        AriAnswer { ticket, kind, bytes, content_type: AriBytes::NONE }
    }

    pub fn of(ticket: u64, outcome: Result<Reply, Error>) -> AriAnswer {
        match outcome {
            Ok(Reply::Nothing) => AriAnswer::new(ticket, AriAnswerKind::Nothing, AriBytes::NONE),
            Ok(Reply::Json(json)) => AriAnswer::new(ticket, AriAnswerKind::Json, Vec::from(json).into()),
            Ok(Reply::Binary { bytes, content_type }) => AriAnswer {
                content_type: content_type.into_bytes().into(),
                ..AriAnswer::new(ticket, AriAnswerKind::Binary, Vec::from(bytes).into())
            },
            Err(error) => AriAnswer::new(ticket, AriAnswerKind::Failed, AriBytes::from(&error)),
        }
    }
}

/// Gives the bytes of an answer back; doing it twice does no harm. NULL is allowed.
///
/// # Safety
/// `answer` was filled in by this library.
#[no_mangle]
pub unsafe extern "C" fn ari_answer_free(answer: *mut AriAnswer) {
    if let Some(answer) = answer.as_mut() {
        ari_bytes_free(&mut answer.bytes);
        ari_bytes_free(&mut answer.content_type);
    }
}

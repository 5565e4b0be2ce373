//! What can go wrong between us and an engine.

use crate::human::excerpt;

/// Why an engine gave no answer, or not the one that was asked for.
#[derive(Clone, Debug, thiserror::Error)]
pub enum DockerError {
    /// No stream to the engine could be opened, or it broke: whether a write happened is
    /// not known.
    #[error("no answer from the engine: {0}")]
    Lost(String),
    /// The engine answered that it does not do it.
    #[error("the engine said {status}: {message}")]
    Status {
        /// HTTP status.
        status: u16,
        /// The engine's words, escaped.
        message: String,
    },
    /// The answer is not what this API version promises.
    #[error("the engine's answer cannot be read: {0}")]
    Answer(String),
    /// No answer within the deadline.
    #[error("the engine did not answer within {0} s")]
    Timeout(u64),
}

impl From<bollard::errors::Error> for DockerError {
    fn from(error: bollard::errors::Error) -> Self {
        use bollard::errors::Error;
        match error {
            Error::DockerResponseServerError { status_code, message } => {
                Self::Status { status: status_code, message: excerpt(message.as_bytes(), 300) }
            }
            Error::JsonDataError { .. } | Error::JsonSerdeError { .. } => {
                Self::Answer(excerpt(error.to_string().as_bytes(), 300))
            }
            other => Self::Lost(excerpt(chain(&other).as_bytes(), 300)),
        }
    }
}

/// An error with its sources on one line: hyper's own says only "connection error".
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        let words = inner.to_string();
        if !text.contains(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        source = inner.source();
    }
    text
}

//! What an engine's answer to a removal means.

use super::DockerError;
use crate::record::ActionResult;

/// Reads the answer to a request that removes one object without force.
///
/// 404 is an object that somebody else removed; 409, and 403 for networks, is the engine's
/// own guard against removing what is in use.
pub(super) fn fate<T>(answer: Result<T, DockerError>) -> ActionResult {
    match answer {
        Ok(_) => ActionResult::Done,
        Err(DockerError::Status { status: 404, .. }) => ActionResult::AlreadyGone,
        Err(DockerError::Status { status: 403 | 409, message }) => {
            ActionResult::KeptInUse { reason: message }
        }
        Err(DockerError::Status { status, message }) => {
            ActionResult::Failed { reason: format!("the engine said {status}: {message}") }
        }
        Err(error) => ActionResult::Unknown { reason: error.to_string() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_answer_has_its_meaning() {
        let said = |status| Err::<(), _>(DockerError::Status { status, message: "m".into() });
        assert_eq!(fate(Ok(())), ActionResult::Done);
        assert_eq!(fate(said(404)), ActionResult::AlreadyGone);
        for status in [403, 409] {
            assert_eq!(fate(said(status)), ActionResult::KeptInUse { reason: "m".into() });
        }
        assert!(matches!(fate(said(500)), ActionResult::Failed { .. }));
        let lost = Err::<(), _>(DockerError::Lost("cut".into()));
        assert!(matches!(fate(lost), ActionResult::Unknown { .. }));
    }
}

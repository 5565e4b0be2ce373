//! The folder that a build sends, as far as rules ask for it. The caller reads; this module
//! never touches a disk.

/// The build context.
pub trait Context {
    /// A script of at most 1 MB, by its path in the context.
    fn script(&self, path: &str) -> Option<String>;

    /// The text of `.dockerignore`; `None` where there is none.
    fn ignored(&self) -> Option<String>;

    /// Whether the context is known, so that a missing file means something.
    fn is_known(&self) -> bool;

    /// Whether something lies at a path in the context.
    fn holds(&self, path: &str) -> bool;
}

/// A context of which nothing is known.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unknown;

impl Context for Unknown {
    fn script(&self, _: &str) -> Option<String> {
        None
    }

    fn ignored(&self) -> Option<String> {
        None
    }

    fn is_known(&self) -> bool {
        false
    }

    fn holds(&self, _: &str) -> bool {
        false
    }
}

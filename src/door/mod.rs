//! The one door to every write: intent before, result after, and a permit that only it can make.
//!
//! A write method of any lower layer takes a [`Permit`]. Nothing else in the program can
//! make one, so the compiler proves that no step goes round the journal, the lease, a
//! check or a stop.

mod stop;

pub use stop::{Stop, StopHandle, StopLevel};

use crate::record::{Action, ActionResult};
use futures::future::BoxFuture;
use std::sync::Arc;
use std::time::Duration;

/// How long the item that is under way may take after the first wish to stop.
const GRACE: Duration = Duration::from_secs(30);

/// Leave to carry out one announced action, handed out by [`Door::carry_out`] alone.
#[derive(Debug)]
pub struct Permit(());

/// Where intents and results are written down.
pub trait Journal: Send + Sync {
    /// Writes a phase's intents durably, all or none, before the first is carried out.
    fn intend(&self, actions: Vec<Action>) -> BoxFuture<'_, Result<(), JournalError>>;
    /// Writes one result down soon.
    fn settle(&self, action: u32, result: &ActionResult);
}

/// The journal could not be written, so nothing may be done.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct JournalError(pub String);

/// Whether the host is still ours to change.
pub trait Lease: Send + Sync {
    /// `false` once the host's side may have let the lock go.
    fn holds(&self) -> bool;
}

/// Why the door stays shut for an action.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Shut {
    /// The user asked to stop.
    #[error("stopped")]
    Stopped,
    /// The lock on the host may be gone.
    #[error("the lock on the host was lost")]
    LeaseLost,
    /// The journal cannot be written.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// An action whose intent is written down. Each can be carried out once.
#[derive(Debug)]
pub struct Announced {
    action: Action,
}

impl Announced {
    /// What is to be done.
    #[must_use]
    pub fn action(&self) -> &Action {
        &self.action
    }
}

/// The door of one host in one step.
pub struct Door {
    check: bool,
    journal: Arc<dyn Journal>,
    lease: Option<Arc<dyn Lease>>,
    stop: Stop,
}

impl Door {
    /// A door that opens for announced actions while nobody asked to stop and the lease
    /// holds. With `check` it records each action as [`ActionResult::Would`].
    #[must_use]
    pub fn new(
        check: bool,
        journal: Arc<dyn Journal>,
        lease: Option<Arc<dyn Lease>>,
        stop: Stop,
    ) -> Self {
        Self { check, journal, lease, stop }
    }

    /// Writes the intents of one phase down.
    ///
    /// # Errors
    /// When it may not begin, or the journal cannot be written: nothing was intended then.
    pub async fn announce(&self, actions: Vec<Action>) -> Result<Vec<Announced>, Shut> {
        self.may_begin()?;
        if !actions.is_empty() {
            self.journal.intend(actions.clone()).await?;
        }
        Ok(actions.into_iter().map(|action| Announced { action }).collect())
    }

    /// Writes down the intents of what puts the host back as it was: also after the user
    /// asked to finish, but not once the user let go.
    ///
    /// # Errors
    /// When the user let go, or the journal cannot be written.
    pub async fn announce_putting_back(
        &self,
        actions: Vec<Action>,
    ) -> Result<Vec<Announced>, Shut> {
        self.may_put_back()?;
        if !actions.is_empty() {
            self.journal.intend(actions.clone()).await?;
        }
        Ok(actions.into_iter().map(|action| Announced { action }).collect())
    }

    /// Carries one announced action out, unless only a check was asked for, and writes
    /// down what became of it.
    ///
    /// # Errors
    /// When it may not begin any more: the action was not begun then, and its intent is
    /// settled as not begun.
    pub async fn carry_out<F, W>(
        &self,
        announced: Announced,
        write: F,
    ) -> Result<ActionResult, Shut>
    where
        F: FnOnce(Permit) -> W,
        W: Future<Output = ActionResult>,
    {
        if let Err(shut) = self.may_begin() {
            self.give_up([announced]);
            return Err(shut);
        }
        Ok(self.one(&announced, write).await)
    }

    /// Carries announced actions out that one request covers. `write` gives what became of
    /// each, in their order; one that it says nothing about is unknown.
    ///
    /// # Errors
    /// As [`Door::carry_out`], for all of them.
    pub async fn carry_out_together<F, W>(
        &self,
        announced: Vec<Announced>,
        write: F,
    ) -> Result<Vec<ActionResult>, Shut>
    where
        F: FnOnce(Permit) -> W,
        W: Future<Output = Vec<ActionResult>>,
    {
        if let Err(shut) = self.may_begin() {
            self.give_up(announced);
            return Err(shut);
        }
        Ok(self.many(&announced, write).await)
    }

    /// Carries announced actions out that one request covers and that put the host back as it
    /// was, as [`Door::put_back`] does for one.
    ///
    /// # Errors
    /// When the user let go.
    pub async fn put_back_together<F, W>(
        &self,
        announced: Vec<Announced>,
        write: F,
    ) -> Result<Vec<ActionResult>, Shut>
    where
        F: FnOnce(Permit) -> W,
        W: Future<Output = Vec<ActionResult>>,
    {
        if let Err(shut) = self.may_put_back() {
            self.give_up(announced);
            return Err(shut);
        }
        Ok(self.many(&announced, write).await)
    }

    async fn many<F, W>(&self, announced: &[Announced], write: F) -> Vec<ActionResult>
    where
        F: FnOnce(Permit) -> W,
        W: Future<Output = Vec<ActionResult>>,
    {
        let mut results = if self.check {
            vec![ActionResult::Would; announced.len()]
        } else {
            write(Permit(())).await
        };
        let silent = ActionResult::Unknown { reason: "no answer about it".into() };
        results.resize(announced.len(), silent);
        for (announced, result) in announced.iter().zip(&results) {
            self.journal.settle(announced.action.number, result);
        }
        results
    }

    /// Carries one announced action out that puts the host back as it was: even after the
    /// user asked to finish or the lease was lost, but not once the user let go.
    ///
    /// # Errors
    /// When the user let go.
    pub async fn put_back<F, W>(&self, announced: Announced, write: F) -> Result<ActionResult, Shut>
    where
        F: FnOnce(Permit) -> W,
        W: Future<Output = ActionResult>,
    {
        if let Err(shut) = self.may_put_back() {
            self.give_up([announced]);
            return Err(shut);
        }
        Ok(self.one(&announced, write).await)
    }

    async fn one<F, W>(&self, announced: &Announced, write: F) -> ActionResult
    where
        F: FnOnce(Permit) -> W,
        W: Future<Output = ActionResult>,
    {
        let result = if self.check { ActionResult::Would } else { write(Permit(())).await };
        self.journal.settle(announced.action.number, &result);
        result
    }

    /// Takes an action up again whose intent an earlier session wrote down.
    #[must_use]
    pub fn take_up(&self, action: Action) -> Announced {
        Announced { action }
    }

    /// Settles announced actions whose turn never comes.
    pub fn give_up(&self, rest: impl IntoIterator<Item = Announced>) {
        for announced in rest {
            self.journal.settle(announced.action.number, &ActionResult::NotBegun);
        }
    }

    /// Whether only a check was asked for.
    #[must_use]
    pub const fn is_check(&self) -> bool {
        self.check
    }

    /// Ends when what is under way must be let go: when the user asks for it, or some time
    /// after the user asked to finish.
    pub async fn let_go(&self) {
        let (mut finish, mut detach) = (self.stop.clone(), self.stop.clone());
        let grace = async {
            finish.reached(StopLevel::Finish).await;
            tokio::time::sleep(GRACE).await;
        };
        tokio::select! {
            () = grace => {}
            () = detach.reached(StopLevel::Detach) => {}
        }
    }

    /// Ends as soon as the user asks to stop: for what is worth nothing half done and loses
    /// nothing when it is cut off.
    pub async fn asked_to_stop(&self) {
        self.stop.clone().reached(StopLevel::Finish).await;
    }

    fn may_put_back(&self) -> Result<(), Shut> {
        if self.stop.level() >= StopLevel::Detach { Err(Shut::Stopped) } else { Ok(()) }
    }

    fn may_begin(&self) -> Result<(), Shut> {
        if self.stop.level() > StopLevel::Go {
            return Err(Shut::Stopped);
        }
        match &self.lease {
            Some(lease) if !lease.holds() => Err(Shut::LeaseLost),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Object;
    use std::sync::Mutex;

    #[derive(Default)]
    struct Lines(Mutex<Vec<String>>, bool);

    impl Journal for Lines {
        fn intend(&self, actions: Vec<Action>) -> BoxFuture<'_, Result<(), JournalError>> {
            Box::pin(async move {
                if self.1 {
                    return Err(JournalError("disk full".into()));
                }
                self.0.lock().unwrap().push(format!("intend {}", actions.len()));
                Ok(())
            })
        }
        fn settle(&self, action: u32, result: &ActionResult) {
            self.0.lock().unwrap().push(format!("settle {action} {result:?}"));
        }
    }

    fn action() -> Action {
        let object = Object {
            kind: "image".into(),
            id: "sha256:1".into(),
            names: Vec::new(),
            bytes: None,
            created: None,
            age_seconds: None,
        };
        Action { number: 0, phase: "p".into(), verb: "remove".into(), object }
    }

    struct Gone;
    impl Lease for Gone {
        fn holds(&self) -> bool {
            false
        }
    }

    #[tokio::test]
    async fn the_intent_stands_before_the_write_and_the_result_after() {
        let journal = Arc::new(Lines::default());
        let door = Door::new(false, journal.clone(), None, Stop::never());
        for announced in door.announce(vec![action()]).await.unwrap() {
            let at = Arc::clone(&journal);
            door.carry_out(announced, |_permit| async move {
                at.0.lock().unwrap().push("write".into());
                ActionResult::Done
            })
            .await
            .unwrap();
        }
        assert_eq!(*journal.0.lock().unwrap(), ["intend 1", "write", "settle 0 Done"]);
    }

    #[tokio::test]
    async fn what_one_request_covers_is_settled_one_by_one() {
        let journal = Arc::new(Lines::default());
        let door = Door::new(false, journal.clone(), None, Stop::never());
        let both = vec![action(), Action { number: 1, ..action() }];
        let announced = door.announce(both).await.unwrap();
        let results =
            door.carry_out_together(announced, |_| async { vec![ActionResult::Done] }).await;
        let unknown = ActionResult::Unknown { reason: "no answer about it".into() };
        assert_eq!(results.unwrap(), [ActionResult::Done, unknown]);
        let lines = journal.0.lock().unwrap();
        assert_eq!(lines[..2], ["intend 2", "settle 0 Done"]);
        assert!(lines[2].starts_with("settle 1 Unknown"), "{lines:?}");
    }

    #[tokio::test]
    async fn what_puts_the_host_back_is_done_until_the_user_lets_go() {
        let (handle, stop) = Stop::new();
        let gone: Arc<dyn Lease> = Arc::new(Gone);
        let door = Door::new(false, Arc::new(Lines::default()), Some(gone), stop);
        handle.raise(StopLevel::Finish);
        let write = |_| async { ActionResult::Done };
        assert!(door.put_back(door.take_up(action()), write).await.is_ok());
        handle.raise(StopLevel::Detach);
        assert!(matches!(door.put_back(door.take_up(action()), write).await, Err(Shut::Stopped)));
    }

    #[tokio::test]
    async fn a_check_never_writes() {
        let journal = Arc::new(Lines::default());
        let door = Door::new(true, journal, None, Stop::never());
        let announced = door.announce(vec![action()]).await.unwrap().pop().unwrap();
        let result = door.carry_out(announced, |_| async { unreachable!("wrote") }).await.unwrap();
        assert_eq!(result, ActionResult::Would);
    }

    #[tokio::test]
    async fn it_stays_shut_without_a_journal_a_lease_or_after_a_stop() {
        let full = Arc::new(Lines(Mutex::default(), true));
        let door = Door::new(false, full, None, Stop::never());
        assert!(matches!(door.announce(vec![action()]).await, Err(Shut::Journal(_))));

        let door =
            Door::new(false, Arc::new(Lines::default()), Some(Arc::new(Gone)), Stop::never());
        assert!(matches!(door.announce(vec![action()]).await, Err(Shut::LeaseLost)));

        let (handle, stop) = Stop::new();
        let door = Door::new(false, Arc::new(Lines::default()), None, stop);
        let announced = door.announce(vec![action()]).await.unwrap().pop().unwrap();
        handle.raise(StopLevel::Finish);
        let shut = door.carry_out(announced, |_| async { unreachable!("wrote") }).await;
        assert!(matches!(shut, Err(Shut::Stopped)));
    }
}

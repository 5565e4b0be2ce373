//! Proves who we are: offers keys one by one, and says what a refusal means.

use super::client::{Client, Trace};
use super::connect::{Dialer, Hop};
use super::error::ConnectErrorKind;
use super::keyring::Identity;
use russh::client::Handle;
use russh::keys::{Algorithm, HashAlg, PrivateKeyWithHashAlg};
use std::sync::Arc;

impl Dialer {
    pub(super) async fn authenticate(
        &self,
        hop: &Hop,
        handle: &mut Handle<Client>,
        trace: &Trace,
    ) -> Result<(), ConnectErrorKind> {
        let offers = self.keyring.offers(&hop.identity_files, &self.default_keys);
        let mut tried = Vec::new();
        for identity in &offers {
            let result = self.offer(hop, handle, identity).await;
            tried.push(identity.fingerprint());
            match result {
                Ok(russh::client::AuthResult::Success) => return Ok(()),
                Ok(russh::client::AuthResult::Failure { remaining_methods, partial_success }) => {
                    // russh reports a dropped connection as a failure without methods.
                    if handle.is_closed() || remaining_methods.is_empty() {
                        return Err(closed_during_login(&tried, trace));
                    }
                    if partial_success {
                        return Err(ConnectErrorKind::Authentication {
                            reason: format!("the key of {} is not enough", hop.user),
                            hint: "needs keyboard-interactive, which fleet does not do: allow publickey alone for this login".into(),
                        });
                    }
                }
                Err(reason) => {
                    return Err(ConnectErrorKind::Authentication {
                        reason,
                        hint: "check the agent with: ssh-add -l".into(),
                    });
                }
            }
        }
        Err(refused(hop, &tried))
    }

    async fn offer(
        &self,
        hop: &Hop,
        handle: &mut Handle<Client>,
        identity: &Identity,
    ) -> Result<russh::client::AuthResult, String> {
        match identity {
            Identity::File(key) => {
                let hash = rsa_hash(handle, &key.algorithm()).await?;
                let key = PrivateKeyWithHashAlg::new(Arc::clone(key), hash);
                handle
                    .authenticate_publickey(&hop.user, key)
                    .await
                    .map_err(|e| format!("the login broke off: {e}"))
            }
            Identity::Agent(key) => {
                let hash = rsa_hash(handle, &key.algorithm()).await?;
                let mut agent = self.keyring.agent().await?;
                handle
                    .authenticate_publickey_with(&hop.user, key.clone(), hash, &mut agent)
                    .await
                    .map_err(|e| format!("the agent did not sign: {e}"))
            }
        }
    }
}

async fn rsa_hash(
    handle: &Handle<Client>,
    algorithm: &Algorithm,
) -> Result<Option<HashAlg>, String> {
    if !matches!(algorithm, Algorithm::Rsa { .. }) {
        return Ok(None);
    }
    let best = handle.best_supported_rsa_hash().await.map_err(|e| e.to_string())?;
    Ok(best.flatten().or(Some(HashAlg::Sha512)))
}

fn refused(hop: &Hop, tried: &[String]) -> ConnectErrorKind {
    if tried.is_empty() {
        return ConnectErrorKind::Authentication {
            reason: format!("no key to offer for {}", hop.user),
            hint: "set identity_file in the inventory, or load a key with ssh-add".into(),
        };
    }
    ConnectErrorKind::Authentication {
        reason: format!("publickey refused for {} ({})", hop.user, tried.join(", ")),
        hint: format!("add the public key to ~{}/.ssh/authorized_keys on the host", hop.user),
    }
}

fn closed_during_login(tried: &[String], trace: &Trace) -> ConnectErrorKind {
    let words = trace.read().farewell.map_or_else(String::new, |w| format!(": \"{w}\""));
    ConnectErrorKind::Authentication {
        reason: format!("the server closed the connection after {} key(s){words}", tried.len()),
        hint: "set identity_file so that only the right key is offered".into(),
    }
}

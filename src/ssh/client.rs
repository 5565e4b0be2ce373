//! Our side of the protocol's callbacks: checks the host key, refuses whatever the server opens.

use super::known_hosts::{KnownHosts, Verdict};
use russh::client::{DisconnectReason, Handler, Session};
use russh::keys::PublicKeyOrCertificate;
use russh::{Channel, ChannelOpenFailure, client};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

/// What a handshake left behind. russh itself says only "unknown key" or "disconnected".
#[derive(Debug, Default)]
pub(crate) struct Trace {
    inner: Mutex<Traced>,
}

#[derive(Debug, Default, Clone)]
pub(crate) struct Traced {
    /// The verdict on the host key and the key's fingerprint, once it was shown.
    pub(crate) verdict: Option<(Verdict, String)>,
    /// The key itself, for `fleet trust`.
    pub(crate) key: Option<russh::keys::PublicKey>,
    /// The server's own words when it disconnected.
    pub(crate) farewell: Option<String>,
    /// Algorithms were agreed on that cannot be used safely together.
    pub(crate) weak: Option<String>,
}

impl Trace {
    pub(crate) fn read(&self) -> Traced {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn write(&self, change: impl FnOnce(&mut Traced)) {
        change(&mut self.inner.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// What is done with a key that no file knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// Refuse it. The default.
    Refuse,
    /// Let it in; the caller records it. Never applies to a changed or revoked key.
    Accept,
}

/// Keys let in by name and port. A second, other key for one of them is a changed key.
pub(crate) type Accepted = Arc<Mutex<HashMap<(String, u16), russh::keys::PublicKey>>>;

pub(crate) struct Client {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) known: Arc<KnownHosts>,
    pub(crate) unknown: Unknown,
    /// Keys that this run let in as the first ones of their hosts.
    pub(crate) accepted: Accepted,
    pub(crate) trace: Arc<Trace>,
}

impl Client {
    /// Whether no other key was let in for this name before. Remembers this one.
    fn is_first(&self, key: &russh::keys::PublicKey) -> bool {
        let mut accepted = self.accepted.lock().unwrap_or_else(PoisonError::into_inner);
        let first = accepted.entry((self.host.clone(), self.port)).or_insert_with(|| key.clone());
        first.key_data() == key.key_data()
    }
}

impl Handler for Client {
    type Error = russh::Error;

    async fn check_server_key(
        &mut self,
        shown: &PublicKeyOrCertificate,
    ) -> Result<bool, Self::Error> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let verdict = self.known.check(&self.host, self.port, shown, now);
        let key = match shown {
            PublicKeyOrCertificate::PublicKey { key, .. } => key.clone(),
            PublicKeyOrCertificate::Certificate(certificate) => {
                russh::keys::PublicKey::new(certificate.public_key().clone(), "")
            }
        };
        let fingerprint = super::known_hosts::fingerprint(&key);
        let trusted = match &verdict {
            Verdict::Ok { .. } | Verdict::OkByCa { .. } => true,
            Verdict::Unknown => self.unknown == Unknown::Accept && self.is_first(&key),
            Verdict::Changed { .. }
            | Verdict::Revoked { .. }
            | Verdict::CertificateRejected { .. } => false,
        };
        self.trace.write(|t| {
            t.verdict = Some((verdict, fingerprint));
            t.key = Some(key);
        });
        Ok(trusted)
    }

    async fn kex_done(
        &mut self,
        _secret: Option<&[u8]>,
        names: &russh::Names,
        _session: &mut Session,
    ) -> Result<(), Self::Error> {
        // Terrapin (CVE-2023-48795): without strict key exchange these two kinds can be
        // truncated by a man in the middle.
        let exposed = names.cipher == russh::cipher::CHACHA20_POLY1305
            || names.client_mac.as_ref().contains("-etm@")
            || names.server_mac.as_ref().contains("-etm@");
        if !names.strict_kex() && exposed && names.cipher != russh::cipher::AES_256_GCM {
            let weak = format!("{} without strict key exchange", names.cipher.as_ref());
            self.trace.write(|t| t.weak = Some(weak));
            return Err(russh::Error::Kex);
        }
        Ok(())
    }

    async fn disconnected(
        &mut self,
        reason: DisconnectReason<Self::Error>,
    ) -> Result<(), Self::Error> {
        match reason {
            DisconnectReason::ReceivedDisconnect(info) => {
                let words = crate::human::excerpt(info.message.as_bytes(), 160);
                self.trace.write(|t| t.farewell = Some(words));
                Ok(())
            }
            DisconnectReason::Error(error) => Err(error),
        }
    }

    // A server never has a reason to open a channel to us: each kind is refused.

    async fn server_channel_open_forwarded_tcpip(
        &mut self,
        _channel: Channel<client::Msg>,
        _connected: &str,
        _connected_port: u32,
        _originator: &str,
        _originator_port: u32,
        reply: client::ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<(), Self::Error> {
        reply.reject(ChannelOpenFailure::AdministrativelyProhibited).await;
        Ok(())
    }

    async fn server_channel_open_forwarded_streamlocal(
        &mut self,
        _channel: Channel<client::Msg>,
        _path: &str,
        reply: client::ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<(), Self::Error> {
        reply.reject(ChannelOpenFailure::AdministrativelyProhibited).await;
        Ok(())
    }

    async fn server_channel_open_agent_forward(
        &mut self,
        _channel: Channel<client::Msg>,
        reply: client::ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<(), Self::Error> {
        reply.reject(ChannelOpenFailure::AdministrativelyProhibited).await;
        Ok(())
    }

    async fn server_channel_open_session(
        &mut self,
        _channel: Channel<client::Msg>,
        reply: client::ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<(), Self::Error> {
        reply.reject(ChannelOpenFailure::AdministrativelyProhibited).await;
        Ok(())
    }

    async fn server_channel_open_direct_tcpip(
        &mut self,
        _channel: Channel<client::Msg>,
        _host: &str,
        _port: u32,
        _originator: &str,
        _originator_port: u32,
        reply: client::ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<(), Self::Error> {
        reply.reject(ChannelOpenFailure::AdministrativelyProhibited).await;
        Ok(())
    }

    async fn server_channel_open_direct_streamlocal(
        &mut self,
        _channel: Channel<client::Msg>,
        _path: &str,
        reply: client::ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<(), Self::Error> {
        reply.reject(ChannelOpenFailure::AdministrativelyProhibited).await;
        Ok(())
    }

    async fn server_channel_open_x11(
        &mut self,
        _channel: Channel<client::Msg>,
        _originator: &str,
        _originator_port: u32,
        reply: client::ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<(), Self::Error> {
        reply.reject(ChannelOpenFailure::AdministrativelyProhibited).await;
        Ok(())
    }
}

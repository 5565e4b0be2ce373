//! A way to a lab host that fails once, at a byte that the test chooses.

use super::project;
use super::support::Project;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// What a proxy does to the first connection through it; all later ones pass.
#[derive(Clone, Copy)]
pub(super) enum Fault {
    /// Cut after so many bytes to the host.
    CutUp(u64),
    /// Cut after so many bytes from the host.
    CutDown(u64),
    /// Once so many bytes went to the host nothing comes back any more, and soon all is cut.
    Deafen(u64),
    /// After so many bytes to the host nothing gets there any more.
    Stall(u64),
    /// A few megabytes a second to the host.
    Slow,
}

/// A way to the host edge with a fault, as a host of the name `faulty`.
pub(super) fn faulty(fault: Fault) -> (Project, Arc<AtomicU64>) {
    let way = Way::to("127.0.0.15:2222", Some(fault));
    let project = project(&way.host("faulty", "fish"));
    (project, way.connections)
}

/// A way to a host of the lab.
pub(super) struct Way {
    port: u16,
    /// Connections so far.
    pub(super) connections: Arc<AtomicU64>,
    /// Bytes that the first connection sent to the host.
    pub(super) sent: Arc<AtomicU64>,
}

impl Way {
    pub(super) fn to(address: &'static str, fault: Option<Fault>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (connections, sent): (Arc<AtomicU64>, Arc<AtomicU64>) = Default::default();
        let (seen, up) = (Arc::clone(&connections), Arc::clone(&sent));
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let first = seen.fetch_add(1, Ordering::SeqCst) == 0;
                let host = TcpStream::connect(address).unwrap();
                let up = if first { Arc::clone(&up) } else { Arc::default() };
                relay(client.unwrap(), host, fault.filter(|_| first), up);
            }
        });
        Self { port, connections, sent }
    }

    /// The inventory's lines for a host at the end of it.
    pub(super) fn host(&self, name: &str, user: &str) -> String {
        let port = self.port;
        format!(
            "[hosts.{name}]\naddress = \"127.0.0.1\"\nport = {port}\nuser = \"{user}\"\nknown_hosts = [\"new_hosts\"]\n"
        )
    }
}

fn relay(client: TcpStream, host: TcpStream, fault: Option<Fault>, up: Arc<AtomicU64>) {
    let told = Arc::clone(&up);
    let (mut from, mut to) = (client.try_clone().unwrap(), host.try_clone().unwrap());
    std::thread::spawn(move || {
        let mut buffer = vec![0; 64 << 10];
        while let Ok(n @ 1..) = from.read(&mut buffer) {
            let sent = told.fetch_add(n as u64, Ordering::SeqCst) + n as u64;
            match fault {
                Some(Fault::CutUp(after)) if sent > after => break,
                Some(Fault::Stall(after)) if sent > after => {
                    std::thread::sleep(Duration::from_secs(600));
                }
                Some(Fault::Slow) => std::thread::sleep(Duration::from_millis(20)),
                _ => {}
            }
            if to.write_all(&buffer[..n]).is_err() {
                break;
            }
        }
        let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
    });
    let (mut from, mut to) = (host, client);
    std::thread::spawn(move || {
        let (mut buffer, mut down) = (vec![0; 64 << 10], 0);
        while let Ok(n @ 1..) = from.read(&mut buffer) {
            down += n as u64;
            match fault {
                Some(Fault::CutDown(after)) if down > after => break,
                Some(Fault::Deafen(after)) if up.load(Ordering::SeqCst) > after => {
                    from.set_read_timeout(Some(Duration::from_secs(3))).unwrap();
                    while let Ok(1..) = from.read(&mut buffer) {}
                    break;
                }
                _ => {}
            }
            if to.write_all(&buffer[..n]).is_err() {
                break;
            }
        }
        let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
    });
}

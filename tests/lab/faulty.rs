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
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let connections = Arc::new(AtomicU64::new(0));
    let seen = Arc::clone(&connections);
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let number = seen.fetch_add(1, Ordering::SeqCst);
            let host = TcpStream::connect("127.0.0.15:2222").unwrap();
            relay(client.unwrap(), host, (number == 0).then_some(fault));
        }
    });
    let project = project(&format!(
        "[hosts.faulty]\naddress = \"127.0.0.1\"\nport = {port}\nuser = \"fish\"\nknown_hosts = [\"new_hosts\"]\n"
    ));
    (project, connections)
}

fn relay(client: TcpStream, host: TcpStream, fault: Option<Fault>) {
    let up = Arc::new(AtomicU64::new(0));
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

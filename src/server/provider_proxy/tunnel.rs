//! A tunnel to a host that is let through: bytes in both directions, of which nothing is looked at.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::net::{TcpStream, lookup_host};

use crate::error_code::ErrorCode;
use crate::playback::Rejection;
use crate::server::countdown::{Countdown, timeout};
use crate::server::provider_port::{PassedHost, is_global, is_loopback};

/// How many bytes are held in each direction.
pub(super) const BUFFER_BYTES: usize = 16 << 10;
/// A tunnel on which nothing moves is closed after this time to twice this time.
const IDLE: Duration = Duration::from_secs(5 * 60);
/// The most addresses of a host that are tried.
const MAX_ADDRESSES: usize = 4;

/// Connects to a host, within a time limit.
pub(super) async fn connect(target: &PassedHost, within: Duration) -> Result<TcpStream, Rejection> {
    let name = target.target();
    let unreachable = |why: &str| Rejection::new(ErrorCode::Unavailable, format!("connecting to {name}: {why}"));
    let connecting = async {
        let found = lookup_host((&*target.host, target.port)).await.map_err(|error| unreachable(&error.to_string()))?;
        let allowed = allowed_addresses(target, found.collect())?;
        connect_to_any(allowed).await.map_err(|error| unreachable(&error.to_string()))
    };
    let no_answer = || unreachable(&format!("no answer within {} s", within.as_secs_f64()));
    timeout(within, connecting).await.unwrap_or_else(|_| Err(no_answer()))
}

/// The addresses of a host to which a client may get.
fn allowed_addresses(target: &PassedHost, mut addresses: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, Rejection> {
    let refused = |why: String| Rejection::new(ErrorCode::Forbidden, format!("{}: {why}", target.target()));
    let is_known = !addresses.is_empty();
    addresses.retain(|address| !(target.is_own_port && is_loopback(address.ip())));
    if is_known && addresses.is_empty() {
        return Err(refused("it is this server, which is not reached by way of its proxy".to_owned()));
    }
    addresses.retain(|address| target.may_be_private || is_global(address.ip()));
    if is_known && addresses.is_empty() {
        return Err(refused(format!("it has a private address; --proxy-pass {} would allow it", target.target())));
    }
    Ok(addresses)
}

async fn connect_to_any(addresses: Vec<SocketAddr>) -> io::Result<TcpStream> {
    let mut failed = io::Error::new(io::ErrorKind::NotFound, "it has no address");
    for address in addresses.into_iter().take(MAX_ADDRESSES) {
        match TcpStream::connect(address).await {
            Ok(socket) => {
                let _ = socket.set_nodelay(true);
                return Ok(socket);
            }
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

/// Copies bytes in both directions until both have ended, one has failed, or nothing has moved for long.
pub(super) async fn relay<A, B>(client: A, server: B)
where
    A: AsyncRead + AsyncWrite,
    B: AsyncRead + AsyncWrite,
{
    let moved = AtomicU64::new(0);
    let (from_client, to_client) = tokio::io::split(client);
    let (from_server, to_server) = tokio::io::split(server);
    let both = async { tokio::try_join!(copy(from_client, to_server, &moved), copy(from_server, to_client, &moved)) };
    tokio::select! {
        copied = both => if let Err(error) = copied {
            tracing::debug!("a tunnel ended: {error}");
        },
        () = idle(&moved) => tracing::info!("closed a tunnel on which nothing moved"),
    }
}

/// Copies until the end, which it passes on.
async fn copy<A: AsyncRead, B: AsyncWrite>(
    mut from: ReadHalf<A>,
    mut to: WriteHalf<B>,
    moved: &AtomicU64,
) -> io::Result<()> {
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        let read = from.read(&mut buffer).await?;
        if read == 0 {
            return to.shutdown().await;
        }
        to.write_all(&buffer[..read]).await?;
        moved.fetch_add(1, Ordering::Relaxed);
    }
}

/// Completes when nothing has moved for a while.
async fn idle(moved: &AtomicU64) {
    loop {
        let before = moved.load(Ordering::Relaxed);
        Countdown::new(IDLE).await;
        if moved.load(Ordering::Relaxed) == before {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn bytes_and_ends_are_passed_on_untouched_and_an_idle_tunnel_is_closed() {
        let ((mut client, near), (mut server, far)) = (tokio::io::duplex(64), tokio::io::duplex(64));
        let relaying = tokio::spawn(relay(near, far));
        let sent: Vec<u8> = (0..100_000_u32).map(|number| (number * 7) as u8).collect();
        let (to_send, expected) = (sent.clone(), sent);
        let sending = async move {
            client.write_all(&to_send).await.expect("sent");
            client.shutdown().await.expect("ended");
            let mut answer = String::new();
            client.read_to_string(&mut answer).await.expect("an answer");
            answer
        };
        let receiving = async move {
            let mut received = Vec::new();
            server.read_to_end(&mut received).await.expect("received");
            server.write_all(b"thanks").await.expect("answered");
            received
        };
        let (answer, received) = tokio::join!(sending, receiving);
        assert_eq!((answer.as_str(), received), ("thanks", expected));
        relaying.await.expect("no panic");

        let ((_client, near), (_server, far)) = (tokio::io::duplex(64), tokio::io::duplex(64));
        let begun = Instant::now();
        relay(near, far).await;
        assert!(begun.elapsed() >= IDLE && begun.elapsed() < 2 * IDLE, "{:?}", begun.elapsed());
    }

    #[tokio::test]
    async fn a_rule_for_a_domain_does_not_lead_to_this_machine() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let mut target = PassedHost { host: "127.0.0.1".into(), port, may_be_private: false, is_own_port: false };
        let error = connect(&target, IDLE).await.expect_err("refused");
        assert_eq!(error.code, ErrorCode::Forbidden);
        assert!(error.message.contains(&format!("private address; --proxy-pass 127.0.0.1:{port} would")), "{error:?}");
        target.may_be_private = true;
        connect(&target, IDLE).await.expect("connected");
        // A name that turns out to be of this machine.
        target = PassedHost { host: "localhost".into(), is_own_port: true, ..target };
        let error = connect(&target, IDLE).await.expect_err("refused");
        assert_eq!(error.code, ErrorCode::Forbidden);
        assert!(error.message.contains("it is this server") && !error.message.contains("--proxy-pass"), "{error:?}");
        target.is_own_port = false;
        drop(listener);
        let error = connect(&target, IDLE).await.expect_err("refused");
        assert_eq!(error.code, ErrorCode::Unavailable);
        assert!(error.message.starts_with(&format!("connecting to localhost:{port}: ")), "{error:?}");
    }
}

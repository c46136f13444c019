//! Serves the connections of a provider port: as a proxy for `CONNECT` and for requests in absolute form, and as the provider itself
//! for clients that have been led here by their hosts file or by DNS.

mod first_bytes;
mod plain;
mod tunnel;

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use super::accept::Rewind;
use super::app_state::AppState;
use super::connection;
use super::connection_limit::ConnectionPermit;
use super::countdown::timeout;
use super::mount::{Interceptor, Mount};
use super::provider_port::{Destination, PassedHost, ProviderPort, is_plain};
use super::refusal::final_response;
use super::subscriber_task::write_and_close;
use super::tls;
use crate::error_code::ErrorCode;
use crate::hub::runtime_now;
use crate::playback::Rejection;

use self::first_bytes::{FirstBytes, FirstBytesError, read_first_bytes};
use self::plain::PlainHttp;
use self::tunnel::{connect, relay};

const ESTABLISHED: &[u8] = b"HTTP/1.1 200 Connection established\r\n\r\n";

/// A connection of a provider port.
pub(super) struct ProviderConnection {
    pub(super) peer: IpAddr,
    pub(super) app: Arc<AppState>,
    pub(super) router: Router,
    pub(super) permit: ConnectionPermit,
    pub(super) port: Arc<ProviderPort>,
    pub(super) stopping: CancellationToken,
}

impl ProviderConnection {
    /// Serves the connection until it is closed.
    pub(super) async fn serve(self, mut socket: TcpStream) {
        self.port.note_connection();
        let limits = self.app.limits;
        let first_bytes = tokio::select! {
            first_bytes = timeout(limits.head_time, read_first_bytes(&mut socket, limits.head_bytes)) => first_bytes,
            () = self.stopping.cancelled() => return,
        };
        match first_bytes {
            Ok(Ok(FirstBytes::Tls(received))) => self.serve_tls(Rewind::new(received, socket), None).await,
            // In an overflow slot the client only receives the refusal. Over TLS it follows the handshake.
            Ok(Ok(FirstBytes::Request(_) | FirstBytes::Connect { .. })) if self.permit.is_overflow() => {
                let message =
                    format!("the limit of {} connections is reached; try again in a moment", limits.connections);
                self.reject(socket, ErrorCode::Full, message).await;
            }
            Ok(Ok(FirstBytes::Request(received))) => {
                let interceptor = PlainHttp::new(self.app.clone(), self.port.clone());
                self.serve_http(Rewind::new(received, socket), Arc::new(interceptor)).await;
            }
            Ok(Ok(FirstBytes::Connect { host, port, rest })) => self.serve_connect(socket, &host, port, rest).await,
            Ok(Err(FirstBytesError::Disconnected(error))) => tracing::debug!("a connection ended: {error}"),
            Ok(Err(FirstBytesError::TooLong)) => {
                let message = format!("the head of the CONNECT is longer than {} bytes", limits.head_bytes);
                self.reject(socket, ErrorCode::TooLong, message).await;
            }
            Ok(Err(FirstBytesError::Malformed(message))) => self.reject(socket, ErrorCode::BadRequest, message).await,
            Err(_) => {
                let message = format!("no request and no handshake within {:?}", limits.head_time);
                self.reject(socket, ErrorCode::TooSlow, message).await;
            }
        }
    }

    async fn serve_connect(self, mut socket: TcpStream, host: &str, port: u16, rest: Vec<u8>) {
        match self.port.tunnel_to(host, port) {
            Destination::Provider(mount) => {
                let established = timeout(self.app.limits.head_time, socket.write_all(ESTABLISHED)).await;
                if !matches!(established, Ok(Ok(()))) {
                    return;
                }
                let socket = Rewind::new(rest, socket);
                if is_plain(port) {
                    self.serve_http(socket, mount).await;
                } else {
                    self.serve_tls(socket, Some(mount)).await;
                }
            }
            Destination::Passed(target) => self.serve_tunnel(socket, &target, rest).await,
            Destination::Refused(message) => {
                log_refusal(&self.app, &message);
                self.reject(socket, ErrorCode::Forbidden, message).await;
            }
        }
    }

    async fn serve_tunnel(self, mut socket: TcpStream, target: &PassedHost, rest: Vec<u8>) {
        let serving = async {
            let server = match connect(target, self.app.limits.head_time).await {
                Ok(server) => server,
                Err(rejection) => return self.reject(socket, rejection.code, rejection.message).await,
            };
            if let Ok(Ok(())) = timeout(self.app.limits.head_time, socket.write_all(ESTABLISHED)).await {
                relay(Rewind::new(rest, socket), server).await;
            }
        };
        tokio::select! {
            () = serving => {}
            () = self.stopping.cancelled() => {}
        }
    }

    /// Serves the documents of a provider over TLS: of the one whose host the client has connected to, else of the one that the
    /// handshake names.
    async fn serve_tls(self, socket: Rewind<TcpStream>, connected: Option<Arc<Mount>>) {
        let handshake = tls::accept_or_record(
            self.port.tls(),
            socket,
            self.app.limits.head_time,
            &self.app.metrics,
            &self.stopping,
        );
        let Some(socket) = handshake.await else { return };
        let mount = match (connected, socket.get_ref().1.server_name()) {
            (Some(mount), None) => Some(mount),
            (Some(mount), Some(name)) => mount.serves(name).then_some(mount),
            (None, Some(name)) => self.port.mount_of(name).cloned(),
            (None, None) => None,
        };
        match mount {
            Some(mount) => self.serve_http(Rewind::new(Vec::new(), socket), mount).await,
            None => {
                self.app.metrics.record_refused("tls_handshake");
                tracing::debug!("a connection ended: its handshake names no provider, or another one than its CONNECT");
            }
        }
    }

    async fn serve_http<S: connection::StreamSocket>(self, socket: Rewind<S>, interceptor: Arc<dyn Interceptor>) {
        let Self { peer, app, router, permit, stopping, .. } = self;
        // Boxed: a future inside a future is as large as both.
        Box::pin(connection::serve(socket, peer, app, router, permit, Some(interceptor), stopping)).await;
    }

    async fn reject(&self, socket: TcpStream, code: ErrorCode, message: String) {
        self.app.metrics.record_refused(code.as_str());
        write_and_close(socket, &final_response(&Rejection::new(code, message)), self.app.timing).await;
    }
}

fn log_refusal(app: &AppState, message: &str) {
    if let Some(suppressed) = app.metrics.log_throttle.allow("provider host", runtime_now()) {
        tracing::warn!(suppressed, "refused: {message}");
    }
}

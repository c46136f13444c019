//! Serves an accepted connection by the port on which it came.

use std::pin::Pin;
use std::sync::Arc;

use axum::Router;
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::accept::{Accepted, Entry, Rewind};
use super::app_state::AppState;
use super::connection;
use super::countdown::timeout;
use super::mount::Interceptor;
use super::provider_proxy::ProviderConnection;
use super::tls::{self, Tls};

type Serving = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Starts a task that serves a connection until it is closed.
pub(super) fn start_serving(
    accepted: Accepted,
    app: Arc<AppState>,
    router: Router,
    tls: Option<Tls>,
    stopping: CancellationToken,
) {
    let Accepted { socket, peer, received, permit, entry } = accepted;
    let Ok(socket) = TcpStream::from_std(socket) else { return };
    // An overflow slot is only for the refusal, and must soon be free for the next client.
    let span = permit.span();
    let time_limit = permit.is_overflow().then_some(app.timing.close_timeout);
    let abort = app.abort.clone();
    let interceptor: Option<Arc<dyn Interceptor>> = match entry {
        Entry::Server => None,
        Entry::Dialect(mount) => Some(mount),
        Entry::Providers(port) => {
            let connection = ProviderConnection { peer, app, router, permit, port, stopping };
            return start(Box::pin(connection.serve(socket)), time_limit, abort, span);
        }
    };
    // Boxed: a future inside a future is as large as both, and there are many.
    let serving: Serving = match tls {
        None => {
            let socket = Rewind::new(received, socket);
            Box::pin(connection::serve(socket, peer, app, router, permit, interceptor, stopping))
        }
        Some(tls) => Box::pin(async move {
            if let Some(socket) =
                tls::accept_or_record(&tls, socket, app.limits.head_time, &app.metrics, &stopping).await
            {
                let socket = Rewind::new(received, socket);
                Box::pin(connection::serve(socket, peer, app, router, permit, interceptor, stopping)).await;
            }
        }),
    };
    start(serving, time_limit, abort, span);
}

fn start(serving: Serving, time_limit: Option<std::time::Duration>, abort: CancellationToken, span: tracing::Span) {
    let serving = async move {
        let serving = async {
            match time_limit {
                Some(limit) => drop(timeout(limit, serving).await),
                None => serving.await,
            }
        };
        abort.run_until_cancelled(serving).await;
    };
    tokio::spawn(serving.instrument(span));
}

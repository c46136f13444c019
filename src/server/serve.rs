//! The server, from binding its address to its shutdown.

use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ipnet::IpNet;
use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::accept::{Entry, accept, accept_further};
use super::accepted_connection::start_serving;
use super::access::{Access, AccessRules, Authority, ControlToken, PublicUrl, WebOrigin};
use super::api;
use super::app_state::{AppState, MAIN_REPLAY};
use super::byte_budget::ByteBudget;
use super::catalogue::Catalogue;
use super::connection_limit::ConnectionLimit;
use super::delivery::{Acceptor, Delivery};
use super::fast_path;
use super::limits::Limits;
use super::metrics::Metrics;
use super::mount::Mount;
use super::open_files::OpenFiles;
use super::provider_port::{ProviderPort, ProviderProxy, ProxyPass, find_providers};
use super::response_budget::ResponseBudget;
use super::slow_work::SlowWork;
use super::timers::Timing;
use super::tls::Tls;
use crate::close_code::CloseCode;
use crate::dialect::document::DocumentDialect;
use crate::dialect::{PROVIDERS, find_provider};
use crate::error::{Error, ErrorKind, Result};
use crate::hub::{CacheBudget, FRAME_BUDGET_BYTES, Hub, Stopping};
use crate::message::did_you_mean;

/// The kernel's send buffer of a connection, in bytes: enough for a burst, and small, so that lag shows early.
const SEND_BUFFER: usize = 64 << 10;
/// The kernel's receive buffer of a connection, in bytes.
const RECEIVE_BUFFER: usize = 16 << 10;
/// How long connections may take to close when the server stops.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(3);

/// A server to be: what it is configured with before it binds an address.
///
/// ```no_run
/// # async fn serve() -> touchline::Result<()> {
/// use touchline::server::{ControlToken, Limits, Server};
///
/// let server = Server::builder()
///     .token(ControlToken::new("a-long-enough-secret")?)
///     .limits(Limits { connections: 1_000, ..Limits::default() })
///     .bind(([127, 0, 0, 1], 8089).into())
///     .await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until it binds an address"]
pub struct ServerBuilder {
    rules: AccessRules,
    tls: Option<Tls>,
    timing: Timing,
    limits: Limits,
    delivery_loop: bool,
    frame_budget: usize,
}

impl Default for ServerBuilder {
    fn default() -> Self {
        Self {
            rules: AccessRules::default(),
            tls: None,
            timing: Timing::default(),
            limits: Limits::default(),
            delivery_loop: true,
            frame_budget: FRAME_BUDGET_BYTES,
        }
    }
}

impl ServerBuilder {
    /// Origins whose pages may read, beside the server's own and loopback ones.
    pub fn allow_origins(mut self, origins: impl IntoIterator<Item = WebOrigin>) -> Self {
        self.rules.origins.extend(origins);
        self
    }

    /// Hosts under which the server is addressed, beside its own address and loopback.
    pub fn allow_hosts(mut self, hosts: impl IntoIterator<Item = Authority>) -> Self {
        self.rules.hosts.extend(hosts);
        self
    }

    /// The token that gives control of every replay. Once it is set, control requires it. Without it, programs on this
    /// machine may control, except through a proxy, and nothing may if the server is bound beyond loopback.
    pub fn token(mut self, token: impl Into<Option<ControlToken>>) -> Self {
        self.rules.token = token.into();
        self
    }

    /// Whether every client that may read may send scenarios of its own, within [`Limits`]. Otherwise only clients that may
    /// control every replay.
    pub fn allow_uploads(mut self, allowed: bool) -> Self {
        self.rules.uploads = allowed;
        self
    }

    /// The address under which clients reach the server through a reverse proxy. Links are made of it, and its host and
    /// origin are allowed.
    pub fn public_url(mut self, url: impl Into<Option<PublicUrl>>) -> Self {
        self.rules.public_url = url.into();
        self
    }

    /// Proxies whose `Forwarded`, `X-Forwarded-Host` and `X-Forwarded-Proto` headers are believed. Clients must not be
    /// able to connect from these addresses except through the proxy.
    pub fn trust_proxies(mut self, proxies: impl IntoIterator<Item = IpNet>) -> Self {
        self.rules.trusted_proxies.extend(proxies);
        self
    }

    /// The certificate, for encrypted connections. Tasks serve the subscribers then.
    pub fn tls(mut self, tls: impl Into<Option<Tls>>) -> Self {
        self.tls = tls.into();
        self
    }

    /// The time-outs of subscribers.
    pub fn timing(mut self, timing: Timing) -> Self {
        self.timing = timing;
        self
    }

    /// Resource limits for clients.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Whether a delivery loop with a thread of its own drives the replays and serves their subscribers, as it does by default
    /// where the system supports it (it needs Linux); otherwise each subscriber has a tokio task.
    pub fn delivery_loop(mut self, delivery_loop: bool) -> Self {
        self.delivery_loop = delivery_loop;
        self
    }

    /// How many bytes of encoded events are kept, for all replays together. Others are encoded again when they are
    /// needed.
    #[doc(hidden)]
    pub fn frame_budget(mut self, bytes: usize) -> Self {
        self.frame_budget = bytes;
        self
    }

    /// Binds an address, and opens a hub without replays. Port 0 takes a free one.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] if the address cannot be bound; the message says what to do about a port that is in use.
    pub async fn bind(mut self, address: SocketAddr) -> Result<Server> {
        (self.timing, self.limits) = (self.timing.clamped(), self.limits.clamped());
        let (listener, bound) = listen(address).await?;
        set_options(&listener, &self.timing)?;
        let metrics = Arc::<Metrics>::default();
        let delivery = if self.delivery_loop && self.tls.is_none() {
            Delivery::start(self.timing, metrics.clone())?.map(Arc::new)
        } else {
            None
        };
        // With more connections accepting would fail, and clients would not even be refused.
        let sockets = OpenFiles::current().sockets();
        self.limits.connections = self.limits.connections.min(sockets - 1).max(1);
        let (budget, max_replays) = (CacheBudget::new(self.frame_budget), self.limits.replays);
        let hub = match &delivery {
            Some(delivery) => Hub::with_runner(delivery.clone(), budget, max_replays),
            None => Hub::with_limits(budget, max_replays),
        };
        hub.set_timeline_budget(self.limits.timeline_bytes);
        let stop_hub = StopHubOnDrop(hub.clone());
        let catalogue = Arc::default();
        Ok(Server {
            listener,
            bound,
            hub,
            stop_hub,
            catalogue,
            delivery,
            metrics,
            templates: Vec::new(),
            ports: Vec::new(),
            options: self,
        })
    }
}

/// A server: an address, a hub, and what brings the two together. Dropping it, or the future of [`Self::run`], stops it: its replays
/// end, and the hub opens no more.
///
/// ```no_run
/// # async fn serve(timeline: std::sync::Arc<touchline::Timeline>) -> touchline::Result<()> {
/// use touchline::replay::ReplayOptions;
/// use touchline::server::Server;
///
/// let server = Server::bind(([127, 0, 0, 1], 8089).into()).await?;
/// server.hub().open("main", timeline, ReplayOptions::default())?;
/// server.run(std::future::pending()).await
/// # }
/// ```
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    bound: SocketAddr,
    hub: Arc<Hub>,
    stop_hub: StopHubOnDrop,
    catalogue: Arc<Catalogue>,
    delivery: Option<Arc<Delivery>>,
    metrics: Arc<Metrics>,
    /// The dialects that are templates.
    templates: Vec<Arc<dyn DocumentDialect>>,
    /// Further ports, and what is on them.
    ports: Vec<(TcpListener, Entry)>,
    options: ServerBuilder,
}

impl Server {
    /// A server to be configured before it binds an address.
    pub fn builder() -> ServerBuilder {
        ServerBuilder::default()
    }

    /// Binds an address with the defaults of [`Self::builder`].
    pub async fn bind(address: SocketAddr) -> Result<Self> {
        Self::builder().bind(address).await
    }

    /// The bound address, with the actual port if port 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.bound
    }

    /// Whether the server speaks TLS.
    pub fn is_encrypted(&self) -> bool {
        self.options.tls.is_some()
    }

    /// Adds a dialect of a template, for all replays. Fails if its name is taken.
    pub(crate) fn add_dialect(&mut self, dialect: Arc<dyn DocumentDialect>) -> Result<()> {
        let name = dialect.name();
        if find_provider(name).is_some() || self.templates.iter().any(|other| other.name() == name) {
            return Err(Error::misuse(format!("there is a dialect {name:?} already: give the file another name")));
        }
        self.templates.push(dialect);
        Ok(())
    }

    /// Serves the documents of a dialect of the replay `main` on a port of their own, at its root. Returns the address.
    ///
    /// # Errors
    /// As those of [`ServerBuilder::bind`], and [`ErrorKind::Misuse`] if there is no such dialect.
    pub async fn serve_dialect(&mut self, name: &str, address: SocketAddr) -> Result<SocketAddr> {
        let providers = PROVIDERS.iter().map(|provider| provider.dialect.name());
        let names: Vec<&str> = providers.chain(self.templates.iter().map(|template| template.name())).collect();
        if !names.contains(&name) {
            let hint = did_you_mean(name, names.iter().copied());
            return Err(Error::misuse(format!("there is no dialect {name:?}{hint}; there are {}", names.join(", "))));
        }
        let (listener, bound) = self.listen_too(address).await?;
        self.ports.push((listener, Entry::Dialect(Arc::new(Mount::new(self.is_encrypted(), MAIN_REPLAY, name, &[])))));
        Ok(bound)
    }

    /// Answers in place of data providers, with their documents of the replay `main`, on a port of its own. It is a proxy for the host
    /// names of the providers, over TLS with a certificate that is made here, and lets `passed` hosts through to the real ones.
    ///
    /// # Errors
    /// As those of [`ServerBuilder::bind`], and [`ErrorKind::Misuse`] for unknown providers, or one that is given twice.
    pub async fn serve_as_providers<T: AsRef<str>>(
        &mut self,
        names: &[T],
        passed: Vec<ProxyPass>,
        address: SocketAddr,
    ) -> Result<ProviderProxy> {
        let providers = find_providers(names)?;
        let (listener, bound) = self.listen_too(address).await?;
        let further = self.ports.iter().filter_map(|(listener, _)| listener.local_addr().ok());
        let own_ports = further.chain([self.bound]).map(|address| address.port()).collect();
        let (port, proxy) = ProviderPort::new(MAIN_REPLAY, &providers, passed, bound, own_ports)?;
        self.ports.push((listener, Entry::Providers(Arc::new(port))));
        Ok(proxy)
    }

    /// Binds a further address, with the same options as the first.
    async fn listen_too(&self, address: SocketAddr) -> Result<(TcpListener, SocketAddr)> {
        let (listener, bound) = listen(address).await?;
        set_options(&listener, &self.options.timing)?;
        Ok((listener, bound))
    }

    /// The replays that the server serves.
    pub fn hub(&self) -> &Arc<Hub> {
        &self.hub
    }

    /// The scenarios that clients can ask for by name.
    pub(crate) fn catalogue(&self) -> &Arc<Catalogue> {
        &self.catalogue
    }

    /// What the server counts.
    #[doc(hidden)]
    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }

    /// Serves the hub's replays until `shutdown` completes. Then it stops accepting, ends the replays, closes all
    /// subscribers (1001), and returns after a short grace period at the latest. The port is free then.
    pub async fn run(self, shutdown: impl Future<Output = ()>) -> Result<()> {
        let Self { listener, bound, hub, stop_hub, catalogue, delivery, metrics, templates, ports, options } = self;
        let (stopping, abort) = (CancellationToken::new(), CancellationToken::new());
        let connections = options.limits.connections;
        let connection_limit = ConnectionLimit::new(connections, OpenFiles::current().overflow(connections));
        let app = Arc::new(AppState {
            hub,
            catalogue,
            templates,
            access: Access::new(bound, options.tls.is_some(), options.rules),
            limits: options.limits,
            connection_limit: connection_limit.clone(),
            metrics,
            response_budget: ResponseBudget::with_limit(options.limits.answer_bytes),
            upload_budget: ByteBudget::with_limit(options.limits.upload_bytes),
            slow_work: SlowWork::default(),
            document_work: SlowWork::default(),
            timing: options.timing,
            abort: abort.clone(),
            delivery: delivery.clone(),
            shutting_down: AtomicBool::new(false),
        });
        // Also if this future is dropped.
        let _abort = abort.clone().drop_guard();
        let router = api::router(app.clone());
        // The connection limit bounds it.
        let (to_http, mut all_accepted) = mpsc::unbounded_channel();
        let mut other_ports = JoinSet::new();
        for (listener, entry) in ports {
            other_ports.spawn(accept_further(
                listener,
                connection_limit.clone(),
                app.metrics.clone(),
                to_http.clone(),
                entry,
            ));
        }
        // Dropping it closes the listening socket, also if this future is dropped.
        let mut accepting: Pin<Box<dyn Future<Output = ()> + Send>> = match &delivery {
            Some(delivery) => {
                let listener = listener.into_std().map_err(|error| Error::io("taking the listening socket", error))?;
                let fast_path = {
                    let app = app.clone();
                    Box::new(move |bytes: &[u8], peer| fast_path::admit(&app, bytes, peer))
                };
                let metrics = app.metrics.clone();
                let limit = connection_limit.clone();
                let acceptor = Acceptor::new(listener, fast_path, &options.limits, metrics, limit, to_http);
                delivery.start_accepting(acceptor);
                let stop_accepting = StopAcceptingOnDrop(delivery.clone());
                Box::pin(async move {
                    let _stop_accepting = stop_accepting;
                    std::future::pending().await
                })
            }
            None => {
                let (limit, metrics) = (connection_limit.clone(), app.metrics.clone());
                Box::pin(accept(listener, limit, metrics, to_http))
            }
        };
        let mut shutdown = pin!(shutdown);
        loop {
            let next = tokio::select! {
                accepted = all_accepted.recv() => accepted,
                () = &mut accepting => None,
                () = &mut shutdown => break,
            };
            let Some(accepted) = next else {
                let message = "the server cannot accept connections any more: its acceptor has ended";
                return Err(Error::new(ErrorKind::Io, message));
            };
            start_serving(accepted, app.clone(), router.clone(), options.tls.clone(), stopping.clone());
        }
        app.shutting_down.store(true, Ordering::Relaxed);
        drop(accepting);
        other_ports.shutdown().await;
        // Connections in the queue are dropped with their permits.
        drop(all_accepted);
        stopping.cancel();
        drop(stop_hub);
        if !connection_limit.wait_until_all_returned(SHUTDOWN_GRACE).await {
            tracing::info!(
                "closing {} connections that did not end within the grace period",
                connection_limit.in_use()
            );
            abort.cancel();
            delivery.inspect(|delivery| delivery.disconnect_all());
        }
        Ok(())
    }
}

/// Binds an address. Port 0 takes a free one.
async fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(address).await.map_err(|error| {
        let doing = format!("listening on {address}");
        match error.kind() {
            io::ErrorKind::AddrInUse => {
                Error::new(ErrorKind::Io, format!("{doing}: the port is in use; port 0 takes a free one"))
            }
            _ => Error::io(doing, error),
        }
    })?;
    let bound = listener.local_addr().map_err(|error| Error::io("asking for the bound address", error))?;
    Ok((listener, bound))
}

/// Sets the options of a listening socket, which accepted ones inherit. Frames are written whole: waiting to fill packets would
/// only delay them.
fn set_options(listener: &TcpListener, timing: &Timing) -> Result<()> {
    let raw = SockRef::from(listener);
    let set = raw.set_send_buffer_size(SEND_BUFFER).and_then(|()| raw.set_recv_buffer_size(RECEIVE_BUFFER));
    let set = set.and_then(|()| raw.set_tcp_nodelay(true)).and_then(|()| set_keepalive(listener, timing));
    set.map_err(|error| Error::io("setting up the socket", error))
}

/// Has the kernel drop peers that have vanished: on a stream where only the server sends, nothing else would notice. A
/// peer that takes nothing is still closed by the server first, which gives the reason.
fn set_keepalive(listener: &TcpListener, timing: &Timing) -> io::Result<()> {
    // In whole seconds, within what systems accept.
    let probe = timing.ping_every.clamp(Duration::from_secs(1), Duration::from_secs(32_767));
    SockRef::from(listener).set_tcp_keepalive(&TcpKeepalive::new().with_time(probe).with_interval(probe))?;
    #[cfg(target_os = "linux")]
    {
        let user_timeout = timing.silence.max(timing.stall.saturating_add(timing.close_timeout));
        rustix::net::sockopt::set_tcp_user_timeout(
            listener,
            u32::try_from(user_timeout.as_millis()).unwrap_or(u32::MAX),
        )?;
    }
    Ok(())
}

/// Stops the replays when dropped, so also if the server never ran or its future is dropped.
#[derive(Debug)]
struct StopHubOnDrop(Arc<Hub>);

impl Drop for StopHubOnDrop {
    fn drop(&mut self) {
        self.0.stop(Stopping { code: CloseCode::GoingAway, drain: false });
    }
}

/// Stops accepting when dropped, so also if the server's future is.
struct StopAcceptingOnDrop(Arc<Delivery>);

impl Drop for StopAcceptingOnDrop {
    fn drop(&mut self) {
        self.0.stop_accepting();
    }
}

//! A server, from binding its address to everybody out again when it stops.

use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ipnet::IpNet;
use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::accept::{Arrived, Begun, accept};
use super::access::{Access, Authority, ControlToken, PublicUrl, Rules, WebOrigin};
use super::answers::Answers;
use super::api;
use super::catalogue::Catalogue;
use super::connection;
use super::countdown::timeout;
use super::delivery::{Delivery, Door};
use super::limits::Limits;
use super::meters::Meters;
use super::open_files::OpenFiles;
use super::pulse::Timing;
use super::seats::Seats;
use super::site::Site;
use super::slow_work::SlowWork;
use super::tls::{self, Tls};
use crate::error::{Error, Kind, Result};
use crate::hub::{CacheBudget, CloseCode, FRAME_BUDGET, Hub, Stopping};

/// What the kernel may hold of a connection's frames: enough for a burst, little enough that lag tells the truth.
const SEND_BUFFER: usize = 64 << 10;
/// What it may hold of a subscriber's requests.
const RECEIVE_BUFFER: usize = 16 << 10;
/// How long goodbyes may take when the server stops.
const GRACE: Duration = Duration::from_secs(3);

/// How a server behaves.
#[derive(Debug, Clone)]
pub struct ServerOptions {
    /// Origins beside the own and loopback ones whose pages may read.
    pub allow_origins: Vec<WebOrigin>,
    /// Names beside the own address and loopback under which it may be addressed.
    pub allow_hosts: Vec<Authority>,
    /// The token that gives the right to control every replay; once there is one, it is required. Without one, programs on
    /// this machine may control, unless a proxy passes their requests on, and nobody at all where the server is bound beyond
    /// loopback.
    pub token: Option<ControlToken>,
    /// The address under which clients reach the server through a reverse proxy: links are made of it, and its host and
    /// origin are allowed.
    pub public_url: Option<PublicUrl>,
    /// Proxies whose `Forwarded`, `X-Forwarded-Host` and `X-Forwarded-Proto` headers are believed. A program must not be
    /// reachable from these addresses but through the proxy.
    pub trusted_proxies: Vec<IpNet>,
    /// A certificate, where connections are to be encrypted; subscribers are then served by tasks.
    pub tls: Option<Tls>,
    /// How long things may take in a conversation.
    pub timing: Timing,
    /// What others may take.
    pub limits: Limits,
    /// Whether subscribers are served by a delivery loop, where the system has what it takes; else by a task each.
    pub delivery_loop: bool,
    /// How many bytes of encoded events are kept, of all replays together; what does not fit is encoded again when it is
    /// needed again.
    pub frame_budget: usize,
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            allow_origins: Vec::new(),
            allow_hosts: Vec::new(),
            token: None,
            public_url: None,
            trusted_proxies: Vec::new(),
            tls: None,
            timing: Timing::default(),
            limits: Limits::default(),
            delivery_loop: true,
            frame_budget: FRAME_BUDGET,
        }
    }
}

/// A server: an address, a hub, and what brings the two together.
///
/// ```no_run
/// # async fn serve(timeline: std::sync::Arc<touchline::Timeline>) -> touchline::Result<()> {
/// use touchline::server::{Server, ServerOptions};
///
/// let server = Server::bind(([127, 0, 0, 1], 8089).into(), ServerOptions::default()).await?;
/// server.hub().open("main", timeline, touchline::ReplayOptions::default())?;
/// server.run(std::future::pending()).await
/// # }
/// ```
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    bound: SocketAddr,
    hub: Arc<Hub>,
    catalogue: Arc<Catalogue>,
    delivery: Option<Arc<Delivery>>,
    meters: Arc<Meters>,
    options: ServerOptions,
}

impl Server {
    /// Binds an address, and opens a hub without replays. The error says what to do about a port that is taken.
    ///
    /// The replays of the hub are moved and their subscribers served by a [delivery loop](super::delivery) with a thread of
    /// its own; where the system has none (it takes Linux), or the options forbid it, by tasks of the runtime.
    pub async fn bind(address: SocketAddr, mut options: ServerOptions) -> Result<Self> {
        let listener = TcpListener::bind(address).await.map_err(|error| {
            let doing = format!("listening on {address}");
            match error.kind() {
                io::ErrorKind::AddrInUse => {
                    Error::new(Kind::Io, format!("{doing}: the port is in use; --port 0 takes a free one"))
                }
                _ => Error::io(doing, error),
            }
        })?;
        let bound = listener.local_addr().map_err(|error| Error::io("asking for the bound address", error))?;
        // Accepted sockets inherit these. Frames are written whole: waiting to fill packets would only delay them.
        let raw = SockRef::from(&listener);
        let set = raw.set_send_buffer_size(SEND_BUFFER).and_then(|()| raw.set_recv_buffer_size(RECEIVE_BUFFER));
        let set =
            set.and_then(|()| raw.set_tcp_nodelay(true)).and_then(|()| give_up_in_time(&listener, &options.timing));
        set.map_err(|error| Error::io("setting up the socket", error))?;
        let meters = Arc::<Meters>::default();
        let delivery = match options.delivery_loop && options.tls.is_none() {
            true => Delivery::start(options.timing, meters.clone())?.map(Arc::new),
            false => None,
        };
        options.limits = options.limits.sensible();
        // Beyond that accepting fails, and whoever connects is not even refused.
        let sockets = OpenFiles::now().sockets();
        options.limits.connections = options.limits.connections.min(sockets - 1).max(1);
        let (budget, most) = (CacheBudget::new(options.frame_budget), options.limits.replays);
        let hub = match &delivery {
            Some(delivery) => Hub::with_runner(delivery.clone(), budget, most),
            None => Hub::with_limits(budget, most),
        };
        Ok(Self { listener, bound, hub, catalogue: Arc::default(), delivery, meters, options })
    }

    /// The address that was bound: with the port, where a free one was asked for.
    pub fn address(&self) -> SocketAddr {
        self.bound
    }

    /// The replays that it serves.
    pub fn hub(&self) -> &Arc<Hub> {
        &self.hub
    }

    /// The scenarios that can be asked for by name.
    pub fn catalogue(&self) -> &Arc<Catalogue> {
        &self.catalogue
    }

    /// What it counts.
    pub fn meters(&self) -> &Arc<Meters> {
        &self.meters
    }

    /// Serves the hub's replays until `shutdown` completes: then stops accepting, ends the replays, says goodbye to everyone
    /// (1001), and leaves after a short time of grace at the latest.
    pub async fn run(self, shutdown: impl Future<Output = ()>) -> Result<()> {
        let Self { listener, bound, hub, catalogue, delivery, meters, options } = self;
        let (stopping, abort) = (CancellationToken::new(), CancellationToken::new());
        let connections = options.limits.connections;
        let seats = Seats::new(connections, OpenFiles::now().refusals(connections));
        let rules = Rules {
            origins: options.allow_origins,
            hosts: options.allow_hosts,
            token: options.token,
            public_url: options.public_url,
            trusted_proxies: options.trusted_proxies,
        };
        let site = Arc::new(Site {
            hub: hub.clone(),
            catalogue,
            access: Access::new(bound, options.tls.is_some(), rules),
            limits: options.limits,
            seats: seats.clone(),
            meters,
            answers: Answers::within(options.limits.answer_bytes),
            slow_work: SlowWork::default(),
            timing: options.timing,
            abort: abort.clone(),
            delivery: delivery.clone(),
            leaving: AtomicBool::new(false),
        });
        // Also where nobody waits for this any more.
        let _abort = abort.clone().drop_guard();
        let router = api::router(site.clone());
        // No more than there are seats.
        let (pass_on, mut arrived) = mpsc::unbounded_channel();
        let mut door = None;
        let accepting = match &delivery {
            Some(delivery) => {
                let listener = listener.into_std().map_err(|error| Error::io("taking the listening socket", error))?;
                delivery.open(Door::new(listener, site.clone(), seats.clone(), pass_on));
                door = Some(OpenDoor(delivery));
                None
            }
            None => Some(tokio::spawn(accept(listener, seats.clone(), site.meters.clone(), pass_on))),
        };
        let mut shutdown = pin!(shutdown);
        loop {
            let Arrived { socket, peer, begun, seat } = tokio::select! {
                arrived = arrived.recv() => match arrived {
                    Some(arrived) => arrived,
                    None => return Err(Error::new(Kind::Io, "the server accepts no more: what served it has ended")),
                },
                () = &mut shutdown => break,
            };
            let Ok(socket) = TcpStream::from_std(socket) else { continue };
            let (site, router, stopping) = (site.clone(), router.clone(), stopping.clone());
            // Whoever stands is let in to be told so, and must not keep others from being told.
            let most = seat.is_standing().then_some(site.timing.farewell);
            // Boxed: a future inside a future is as large as both, and there are many.
            let serving: Pin<Box<dyn Future<Output = ()> + Send>> = match options.tls.clone() {
                None => Box::pin(connection::serve(Begun::new(begun, socket), peer, site, router, seat, stopping)),
                Some(tls) => Box::pin(async move {
                    let shaken = tokio::select! {
                        shaken = tls.accept(socket, site.limits.head_time) => shaken,
                        () = stopping.cancelled() => return,
                    };
                    match shaken {
                        Ok(socket) => {
                            let socket = Begun::new(begun, socket);
                            Box::pin(connection::serve(socket, peer, site, router, seat, stopping)).await;
                        }
                        // It has been told what there was to be told.
                        Err(error) => {
                            if let Some(code) = tls::refusal(&error) {
                                site.meters.refused(code);
                            }
                            tracing::debug!("a connection ended: {error}");
                        }
                    }
                }),
            };
            let abort = abort.clone();
            tokio::spawn(async move {
                let serving = async {
                    match most {
                        Some(most) => drop(timeout(most, serving).await),
                        None => serving.await,
                    }
                };
                abort.run_until_cancelled(serving).await;
            });
        }
        site.leaving.store(true, Ordering::Relaxed);
        accepting.inspect(|accepting| accepting.abort());
        drop(door);
        // Whoever has come and was not looked at yet goes with its seat.
        drop(arrived);
        stopping.cancel();
        hub.stop(Stopping { code: CloseCode::GoingAway, drain: false });
        if !seats.empty(GRACE).await {
            tracing::info!("{} connections did not take their leave in time", seats.taken());
            abort.cancel();
            delivery.inspect(|delivery| delivery.clear());
        }
        Ok(())
    }
}

/// Has the kernel give a peer up that has vanished without a word: on a stream where only the server speaks nobody else
/// notices. One that takes nothing is still given up by the server first, which says so.
fn give_up_in_time(listener: &TcpListener, timing: &Timing) -> io::Result<()> {
    // In whole seconds, and no more than systems take.
    let probe = timing.ping_every.clamp(Duration::from_secs(1), Duration::from_secs(32_767));
    SockRef::from(listener).set_tcp_keepalive(&TcpKeepalive::new().with_time(probe).with_interval(probe))?;
    #[cfg(target_os = "linux")]
    {
        let most = timing.silence.max(timing.stall.saturating_add(timing.farewell));
        rustix::net::sockopt::set_tcp_user_timeout(listener, u32::try_from(most.as_millis()).unwrap_or(u32::MAX))?;
    }
    Ok(())
}

/// Shut when this goes out of scope, also where nobody waits for the server any more.
struct OpenDoor<'a>(&'a Delivery);

impl Drop for OpenDoor<'_> {
    fn drop(&mut self) {
        self.0.shut();
    }
}

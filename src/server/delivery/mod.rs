//! The delivery loop: one thread that moves all replays and serves all their subscribers.
//!
//! [`Fanout`] is the loop without the waiting: it has no threads and runs over any [`Network`], so that tests play whole matches
//! over in-memory pipes under virtual time. `epoll.rs` drives it with the kernel's sockets and a clock that is exact to some ten
//! microseconds; `acceptor.rs` accepts connections on the same thread.

#[cfg(target_os = "linux")]
mod acceptor;
#[cfg(target_os = "linux")]
mod epoll;
mod fanout;
#[cfg(test)]
mod manual_host;
mod network;
#[cfg(not(target_os = "linux"))]
mod unsupported;

#[cfg(target_os = "linux")]
pub(in crate::server) use acceptor::Acceptor;
#[cfg(target_os = "linux")]
pub use epoll::Delivery;
pub use fanout::Fanout;
pub use network::{ConnectionToken, Interest, Network, NewSubscriber};
#[cfg(not(target_os = "linux"))]
pub(in crate::server) use unsupported::Acceptor;
#[cfg(not(target_os = "linux"))]
pub use unsupported::Delivery;

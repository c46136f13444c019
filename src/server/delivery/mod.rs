//! The delivery loop: every subscriber of every replay, served by one thread that also moves the replays.
//!
//! [`Fanout`] is all of it but the waiting: pure of threads, over any [`Net`], so that whole matches run over in-memory
//! pipes under virtual time. `epoll.rs` drives it with the kernel's sockets and a clock exact to some ten microseconds.

#[cfg(target_os = "linux")]
mod door;
#[cfg(not(target_os = "linux"))]
mod elsewhere;
#[cfg(target_os = "linux")]
mod epoll;
mod fanout;
#[cfg(test)]
mod lobby;
mod net;

#[cfg(target_os = "linux")]
pub(in crate::server) use door::Door;
#[cfg(not(target_os = "linux"))]
pub use elsewhere::Delivery;
#[cfg(not(target_os = "linux"))]
pub(in crate::server) use elsewhere::Door;
#[cfg(target_os = "linux")]
pub use epoll::Delivery;
pub use fanout::Fanout;
pub use net::{Interest, Net, Newcomer, Token};

//! The HTTP API and the streams beside it, over real sockets, with both drivers: what `docs/protocol.md` promises.

mod access;
mod commands;
mod page;
mod replays;
mod streams;
mod uploads;
mod views;

//! How frames get onto a connection and requests off it.

pub(super) mod websocket;

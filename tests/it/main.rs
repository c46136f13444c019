//! Integration tests: whole matches over in-memory pipes under virtual time, and a few over real sockets.

mod api;
mod asking;
mod binary;
mod controlling;
mod conversation;
mod damage;
mod encrypted;
mod facts;
mod fold;
mod foreign;
mod library;
mod load;
mod metrics;
mod outlet;
mod pipes;
mod program;
mod properties;
mod protocol_page;
mod real;
mod scenario_page;
mod serving;
mod sockets;
mod stage;
mod transcripts;
mod watching;
mod wire;

//! Integration tests: whole matches over in-memory pipes under virtual time, and a few over real sockets.

mod binary;
mod conversation;
mod damage;
mod fold;
mod foreign;
mod outlet;
mod program;
mod properties;
mod protocol_page;
mod stage;
mod transcripts;

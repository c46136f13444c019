//! Integration tests: whole matches over in-memory pipes under virtual time, and a few over real sockets.

mod damage;
mod fold;
mod properties;
mod stage;
mod transcripts;

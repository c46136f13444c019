//! One subscriber's connection: reads what has come, and answers pings.

use std::cell::RefCell;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::ReadBuf;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::Bench;
use super::inbox::{Inbox, Message};
use super::line::Ear;
use super::tally::Parting;
use crate::client::subscription::error_in_words;

/// How much is read at once.
const READ_BYTES: usize = 64 << 10;
/// A mask is required, and hides nothing: pings are the server's own words.
const MASK: [u8; 4] = [0x37, 0x5a, 0x11, 0xc4];

thread_local! {
    /// Where all subscribers of a thread read to, one after the other: none needs room of its own while it waits.
    static DESK: RefCell<Vec<u8>> = RefCell::new(vec![0; READ_BYTES]);
}

/// Reads until the connection comes to its end.
pub(super) async fn read(mut ear: Ear, id: usize, bench: Arc<Bench>) {
    let mut inbox = Inbox::default();
    let parting = loop {
        let mut answers = Vec::new();
        let take = |cx: &mut Context<'_>| {
            DESK.with_borrow_mut(|desk| poll_take(&mut ear, desk, &mut inbox, &mut answers, id, &bench, cx))
        };
        if let Some(parting) = std::future::poll_fn(take).await {
            break parting;
        }
        if !answers.is_empty()
            && let Err(error) = ear.write(&answers).await
        {
            break Parting::Cut(error_in_words(&error));
        }
    };
    bench.tally().leave(id, parting);
    bench.left.notify_one();
}

/// Reads once and notes what came; tells how it ended, if it has.
fn poll_take(
    ear: &mut Ear,
    desk: &mut [u8],
    inbox: &mut Inbox,
    answers: &mut Vec<u8>,
    id: usize,
    bench: &Bench,
    cx: &mut Context<'_>,
) -> Poll<Option<Parting>> {
    let mut buf = ReadBuf::new(desk);
    if let Err(error) = ready!(ear.poll_read(cx, &mut buf)) {
        return Poll::Ready(Some(Parting::Cut(error_in_words(&error))));
    }
    if buf.filled().is_empty() {
        return Poll::Ready(Some(Parting::Cut("the connection was cut".to_owned())));
    }
    let now = bench.now();
    let mut closed = None;
    let mut tally = bench.tally();
    let taken = inbox.take(buf.filled(), |message| match message {
        // After a close nothing counts.
        _ if closed.is_some() => {}
        Message::Data(data) => tally.take(id, data, now),
        Message::Ping(payload) => answer(Frame::pong(payload.to_vec()), answers),
        Message::Close(payload) => closed = Some(parting(payload)),
    });
    Poll::Ready(closed.or_else(|| taken.err().map(|error| Parting::Cut(format!("not the protocol: {error}")))))
}

/// What a close frame says.
fn parting(payload: &[u8]) -> Parting {
    let Some((code, reason)) = payload.split_first_chunk::<2>() else {
        return Parting::Cut("closed by the server".to_owned());
    };
    match (u16::from_be_bytes(*code), String::from_utf8_lossy(reason)) {
        (1000, _) => Parting::Finished,
        (code, reason) if reason.is_empty() => Parting::Cut(format!("closed by the server with code {code}")),
        (code, reason) => Parting::Cut(format!("closed by the server with code {code}: {reason}")),
    }
}

fn answer(mut frame: Frame, answers: &mut Vec<u8>) {
    frame.header_mut().mask = Some(MASK);
    // Writing to memory does not fail.
    let _ = frame.format(answers);
}

/// The frame that ends a connection in peace.
pub(super) fn goodbye() -> Vec<u8> {
    let mut bytes = Vec::new();
    answer(Frame::close(Some(CloseFrame { code: CloseCode::Normal, reason: "measured".into() })), &mut bytes);
    bytes
}

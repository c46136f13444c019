//! One subscriber's connection: reads what has come, and answers pings.

use std::cell::RefCell;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use serde::Deserialize;
use tokio::io::ReadBuf;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::Bench;
use super::inbox::{Inbox, Message};
use super::line::Ear;
use super::tally::{Order, Parting};
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
pub(super) async fn read(mut ear: Ear, mut inbox: Inbox, id: usize, bench: Arc<Bench>) {
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
    ear.hang_up(&if inbox.is_one_way() { Vec::new() } else { goodbye() });
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
    let now = bench.now();
    let one_way = inbox.is_one_way();
    let mut closed = None;
    let mut tally = bench.tally();
    let told = |message: Message<'_>| match message {
        // After a close nothing counts.
        _ if closed.is_some() => {}
        Message::Data(data) => match one_way.then(|| Goodbye::read(data)).flatten() {
            Some(goodbye) if tally.order() == Some(Order::Touchline) => closed = Some(goodbye.parting()),
            _ => tally.take(id, data, now),
        },
        Message::Ping(payload) => answer(Frame::pong(payload.to_vec()), answers),
        Message::Close(payload) => closed = Some(parting(payload)),
        Message::End => closed = Some(Parting::Ended),
    };
    if buf.filled().is_empty() {
        inbox.hung_up(told);
        return Poll::Ready(closed.or_else(|| Some(Parting::Cut("the connection was cut".to_owned()))));
    }
    let taken = inbox.take(buf.filled(), told);
    Poll::Ready(closed.or_else(|| taken.err().map(|error| Parting::Cut(format!("not the protocol: {error}")))))
}

/// Touchline's last frame where there are no close frames.
#[derive(Deserialize)]
struct Goodbye {
    code: u16,
    #[serde(default)]
    reason: String,
}

impl Goodbye {
    fn read(frame: &[u8]) -> Option<Self> {
        frame.starts_with(br#"{"kind":"close","#).then(|| serde_json::from_slice(frame).ok())?
    }

    fn parting(&self) -> Parting {
        said(self.code, &self.reason)
    }
}

/// What a close frame says.
fn parting(payload: &[u8]) -> Parting {
    let Some((code, reason)) = payload.split_first_chunk::<2>() else {
        return Parting::Cut("closed by the server".to_owned());
    };
    said(u16::from_be_bytes(*code), &String::from_utf8_lossy(reason))
}

fn said(code: u16, reason: &str) -> Parting {
    match (code, reason) {
        (1000, _) => Parting::Finished,
        (code, "") => Parting::Cut(format!("closed by the server with code {code}")),
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

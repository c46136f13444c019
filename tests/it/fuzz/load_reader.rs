//! A server's stream, as the load tool decodes it: the messages do not depend on how the bytes are divided among reads.

use touchline::internals::client::load::{BodyDecoder, Decoder, ServerMessage, StreamFormat};

use super::in_repository;
use crate::client_frame::{FINAL, PING, TEXT, frame};

/// The decoders, by the first byte of an input.
const DECODERS: &[fn() -> Decoder] = &[
    Decoder::websocket,
    || Decoder::http(BodyDecoder::UntilEof, StreamFormat::EventStream),
    || Decoder::http(BodyDecoder::chunked(), StreamFormat::EventStream),
    || Decoder::http(BodyDecoder::UntilEof, StreamFormat::Ndjson),
    || Decoder::http(BodyDecoder::chunked(), StreamFormat::Ndjson),
    || Decoder::http(BodyDecoder::Length(300), StreamFormat::Ndjson),
];

/// The frames in the protocol's documentation, in all framings. Servers do not mask their frames, but may.
pub fn seeds() -> Vec<Vec<u8>> {
    let page = std::fs::read_to_string(in_repository("docs/protocol.md")).expect("the page");
    let frames: Vec<&str> = page.lines().filter(|line| line.starts_with("{\"kind\":")).collect();
    let chunked = |body: String| format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    let events: String = frames.iter().map(|frame| format!("id: 1\nevent: x\ndata: {frame}\n\n")).collect();
    let lines: String = frames.iter().map(|frame| format!("{frame}\n")).collect();
    let masked = frames.iter().flat_map(|text| frame(FINAL | TEXT, text.as_bytes()));
    let plain = frames.iter().flat_map(|text| match u16::try_from(text.len()).unwrap_or(0) {
        short @ ..126 => [&[FINAL | TEXT, short as u8][..], text.as_bytes()].concat(),
        long => [&[FINAL | TEXT, 126][..], &long.to_be_bytes(), text.as_bytes()].concat(),
    });
    let bodies = [
        (0, plain.chain(frame(FINAL | PING, b"ping")).collect()),
        (0, masked.collect()),
        (1, events.clone().into_bytes()),
        (2, chunked(events).into_bytes()),
        (3, lines.clone().into_bytes()),
        (4, chunked(lines.clone()).into_bytes()),
        (5, lines.into_bytes()),
    ];
    bodies.map(|(decoder, body): (u8, Vec<u8>)| [vec![decoder, 17], body].concat()).to_vec()
}

/// The first byte selects the decoder, the second the size of a read.
pub fn run(bytes: &[u8]) {
    let [decoder, step, bytes @ ..] = bytes else { return };
    let decoder = DECODERS[usize::from(*decoder) % DECODERS.len()];
    assert_eq!(decode(decoder(), bytes, usize::from(*step).max(1)), decode(decoder(), bytes, bytes.len().max(1)));
}

/// The messages up to the end or the close, and whether the bytes were valid so far.
fn decode(mut decoder: Decoder, bytes: &[u8], step: usize) -> (Vec<String>, bool) {
    let (mut messages, mut over) = (Vec::new(), false);
    let mut add = |message: ServerMessage<'_>| {
        if !over {
            over = matches!(message, ServerMessage::End | ServerMessage::Close(_));
            messages.push(format!("{message:?}"));
        }
    };
    let mut valid = true;
    for piece in bytes.chunks(step) {
        valid = valid && decoder.decode(piece, &mut add).is_ok();
    }
    if valid {
        decoder.decode_eof(&mut add);
    }
    (messages, valid || over)
}

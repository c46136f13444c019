//! What is said to people when a server has started: what plays, where to look, and who may control.

use std::io::IsTerminal;
use std::net::SocketAddr;

use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;
use touchline::hub::ReplayOptions;
use touchline::scenario::{Span, Timeline};
use touchline::server::{ControlToken, Tls};

use super::super::log::Format;
use super::super::playing::{Plan, in_words, speed_in_words};
use super::super::print::{Colours, count, sanitise};
use super::links::Links;

/// Black on white, whatever the terminal's own colours: most readers take a code for nothing that is the other way round.
const PRINTED: anstyle::Style = anstyle::Style::new()
    .fg_color(Some(anstyle::Color::Ansi256(anstyle::Ansi256Color(16))))
    .bg_color(Some(anstyle::Color::Ansi256(anstyle::Ansi256Color(231))));

/// Who reads it.
#[derive(Debug, Clone, Copy)]
pub struct Reader {
    /// Whether it is a person at a terminal, whose eyes alone see it. Anything else may be kept, and is told no secret.
    present: bool,
    colours: Colours,
}

impl Reader {
    /// Whoever reads standard error.
    pub fn of_stderr(format: Format) -> Self {
        let stderr = std::io::stderr();
        let present = format == Format::Text && stderr.is_terminal();
        Self { present, colours: if present { Colours::of(&stderr) } else { Colours::OFF } }
    }

    /// Whether lines may be coloured.
    pub fn colours(self) -> Colours {
        self.colours
    }
}

/// A server that has started.
#[derive(Debug)]
pub struct Started<'a> {
    pub bound: SocketAddr,
    pub links: Links,
    pub tls: Option<&'a Tls>,
    pub token: Option<&'a ControlToken>,
    /// Whether a file holds the control link.
    pub in_ready_file: bool,
}

impl Started<'_> {
    /// Where it is and who may do what.
    pub fn lines(&self, reader: Reader) -> Vec<String> {
        let Self { bound, links, .. } = self;
        let version = env!("CARGO_PKG_VERSION");
        let mut lines =
            vec![format!("touchline {version}: open {}/ in a browser, or subscribe at {}", links.http(), links.ws())];
        if let Some(tls) = self.tls.filter(|tls| tls.pem().is_some()) {
            lines.push(format!("its certificate was made just now; SHA-256 {}", tls.fingerprint()));
        }
        if links.is_public() {
            lines.extend(links.view().map(|view| format!("through the proxy it is served at {view}")));
            if self.token.is_none() && bound.ip().is_loopback() {
                let warning =
                    "whoever comes through a proxy that adds no header may control; --control-token prevents that";
                lines.push(warning.to_owned());
            }
        }
        if !bound.ip().is_loopback() {
            lines.push(match links.direct() {
                Some(view) => format!("bound to {bound}: others may look, at {view}"),
                None => {
                    format!(
                        "bound to {bound}: others may look; under which address they reach this machine is not known"
                    )
                }
            });
            lines.extend(links.direct().filter(|_| reader.colours.on()).and_then(|view| code(&view, reader.colours)));
        }
        lines.extend(self.control(reader));
        lines
    }

    /// Who may control it, where that is not plain.
    fn control(&self, reader: Reader) -> Option<String> {
        // Once there is a token it is always required, on loopback too.
        Some(match self.token {
            None if self.bound.ip().is_loopback() => return None,
            None => "nobody may control it; --control-token auto lets those who are given the token".to_owned(),
            Some(token) if reader.present => format!("to control it: {}", self.links.control(token)),
            Some(_) if self.in_ready_file => {
                "to control it takes the token; the link with it is in the ready file".to_owned()
            }
            Some(_) => {
                "to control it takes the token, which is printed only to a terminal; --ready-file gets the link with it"
                    .to_owned()
            }
        })
    }
}

/// What is played, and how.
pub fn programme(timeline: &Timeline, plan: &Plan, options: &ReplayOptions) -> Vec<String> {
    let matches = count(timeline.tracks().len(), "match", "matches");
    let events = count(timeline.cues().len(), "event", "events");
    let mut lines = vec![format!("{}: {matches}, {events}", sanitise(timeline.title()))];
    let speed = speed_in_words(plan);
    lines.push(match plan.wall {
        Some(wall) => format!("{speed}: {} from beginning to end", in_words(wall)),
        None => speed,
    });
    let moved = options.kickoff_moved;
    let first = timeline.tracks().iter().map(|track| track.fixture.kickoff.0).min();
    let first = first
        .filter(|_| moved != Span::ZERO)
        .and_then(|kickoff| jiff::Timestamp::from_millisecond(kickoff.saturating_add(moved.as_millis())).ok());
    lines.extend(first.map(|at| at.strftime("its kick-off is told as %Y-%m-%d %H:%M:%S UTC").to_string()));
    lines
}

/// A link as a code for a telephone's camera; two of its rows in each line.
fn code(link: &str, colours: Colours) -> Option<String> {
    let code = QrCode::new(link).ok()?.render::<Dense1x2>().build();
    Some(code.lines().map(|line| colours.paint(PRINTED, line)).collect::<Vec<_>>().join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALONE: Reader = Reader { present: false, colours: Colours::OFF };

    fn lines(bound: &str, token: Option<&ControlToken>, in_ready_file: bool, reader: Reader) -> String {
        let bound: SocketAddr = bound.parse().expect("an address");
        let outside = (!bound.ip().is_loopback()).then_some("192.0.2.7:1".parse().expect("an address"));
        let links = Links::new(bound, outside, false);
        Started { bound, links, tls: None, token, in_ready_file }.lines(reader).join("\n")
    }

    #[test]
    fn who_binds_wide_is_told_where_others_look_and_that_nobody_controls() {
        let told = lines("0.0.0.0:8089", None, false, ALONE);
        assert!(
            told.contains("others may look, at http://192.0.2.7:8089/\nnobody may control it; --control-token"),
            "{told}"
        );
        let told = lines("127.0.0.1:8089", None, false, ALONE);
        assert_eq!(told.lines().count(), 1);
        assert!(
            told.ends_with(": open http://127.0.0.1:8089/ in a browser, or subscribe at ws://127.0.0.1:8089/ws"),
            "{told}"
        );
    }

    #[test]
    fn a_token_is_shown_to_nobody_but_a_person() {
        let token = ControlToken::new("correct-horse").expect("a token");
        for bound in ["0.0.0.0:8089", "127.0.0.1:8089"] {
            for (file, words) in [(true, "is in the ready file"), (false, "--ready-file gets")] {
                let told = lines(bound, Some(&token), file, ALONE);
                assert!(told.contains(words) && !told.contains("correct-horse"), "{told}");
                assert!(told.contains("\nto control it takes the token"), "{told}");
            }
            let told = lines(bound, Some(&token), true, Reader { present: true, ..ALONE });
            assert!(told.contains("/?token=correct-horse"), "{told}");
        }
    }

    #[test]
    fn a_code_has_the_modules_that_it_should_have() {
        let link = "http://192.0.2.7:8089/";
        assert!(!lines("0.0.0.0:8089", None, false, ALONE).contains('█'), "on a terminal only");
        let shown = code(link, Colours::OFF).expect("short enough");
        let made = QrCode::new(link).expect("short enough");
        // Four light modules all around.
        let (width, quiet) = (made.width(), 4);
        let dark = |x: usize, y: usize| {
            let sign = shown.lines().nth((y + quiet) / 2).and_then(|line| line.chars().nth(x + quiet)).expect("a sign");
            matches!((sign, (y + quiet) % 2), ('█', _) | ('▀', 0) | ('▄', 1))
        };
        for (x, y) in (0..width).flat_map(|y| (0..width).map(move |x| (x, y))) {
            assert_eq!(dark(x, y), made[(x, y)] == qrcode::Color::Dark, "{x} {y}\n{shown}");
        }
    }
}

//! The messages at start: what is played, the URLs, and who may control.

use std::io::IsTerminal;
use std::net::SocketAddr;

use crate::hub::ReplayOptions;
use crate::scenario::{Span, Timeline};
use crate::server::{ControlToken, Tls};
use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;

use super::super::log::LogFormat;
use super::super::playback_args::{PlaybackPlan, describe_speed, format_duration};
use super::super::print::{Colours, format_count, sanitise};
use super::server_urls::ServerUrls;

/// Black on white, whatever colours the terminal has: most scanners do not recognise an inverted code.
const QR_STYLE: anstyle::Style = anstyle::Style::new()
    .fg_color(Some(anstyle::Color::Ansi256(anstyle::Ansi256Color(16))))
    .bg_color(Some(anstyle::Color::Ansi256(anstyle::Ansi256Color(231))));

/// How messages on standard error are written.
#[derive(Debug, Clone, Copy)]
pub struct StartupStyle {
    /// Whether standard error is a terminal and shows text. Anything else may be stored, so the token is printed only to a
    /// terminal.
    interactive: bool,
    /// Whether lines may be coloured.
    pub colours: Colours,
}

impl StartupStyle {
    /// For standard error in a log format.
    pub fn for_stderr(format: LogFormat) -> Self {
        let stderr = std::io::stderr();
        let interactive = format == LogFormat::Text && stderr.is_terminal();
        Self { interactive, colours: if interactive { Colours::for_stream(&stderr) } else { Colours::OFF } }
    }
}

/// What the start-up messages are made of.
#[derive(Debug)]
pub struct StartupInfo<'a> {
    pub bound: SocketAddr,
    pub urls: ServerUrls,
    pub tls: Option<&'a Tls>,
    pub token: Option<&'a ControlToken>,
    /// Whether the ready file holds the control link.
    pub in_ready_file: bool,
}

impl StartupInfo<'_> {
    /// The URLs, the certificate, and who may connect and control.
    pub fn lines(&self, style: StartupStyle) -> Vec<String> {
        let Self { bound, urls, .. } = self;
        let version = env!("CARGO_PKG_VERSION");
        let mut lines = vec![format!(
            "touchline {version}: open {}/ in a browser, or subscribe at {}",
            urls.http_url(),
            urls.ws_url()
        )];
        if let Some(tls) = self.tls.filter(|tls| tls.pem().is_some()) {
            lines.push(format!("self-signed certificate, generated at start; SHA-256 {}", tls.fingerprint()));
        }
        if urls.is_public() {
            lines.extend(urls.page_url().map(|page| format!("served through the proxy at {page}")));
            if self.token.is_none() && bound.ip().is_loopback() {
                let warning =
                    "warning: if the proxy adds no forwarding header, all its clients may control; set --control-token";
                lines.push(warning.to_owned());
            }
        }
        if !bound.ip().is_loopback() {
            lines.push(match urls.direct_page_url() {
                Some(page) => format!("listening on {bound}: other machines can connect, at {page}"),
                None => {
                    format!("listening on {bound}: other machines can connect; the address of this machine is unknown")
                }
            });
            let page = urls.direct_page_url().filter(|_| style.colours.on);
            lines.extend(page.and_then(|page| qr_code(&page, style.colours)));
        }
        lines.extend(self.control_line(style));
        lines
    }

    /// Who may control. `None` for a server on loopback without a token: every local client may.
    fn control_line(&self, style: StartupStyle) -> Option<String> {
        // With a token configured it is always required, on loopback too.
        Some(match self.token {
            None if self.bound.ip().is_loopback() => return None,
            None => "read-only: no client may control main; --control-token auto generates a token".to_owned(),
            Some(token) if style.interactive => format!("to control, open {}", self.urls.control_url(token)),
            Some(_) if self.in_ready_file => {
                "control requires the token; the ready file has a link with it".to_owned()
            }
            Some(_) => {
                "control requires the token, which is printed only to a terminal; --ready-file FILE writes a link with it"
                    .to_owned()
            }
        })
    }
}

/// What is played, at which speed, and with which kick-off.
pub fn describe_replay(timeline: &Timeline, plan: &PlaybackPlan, options: &ReplayOptions) -> Vec<String> {
    let matches = format_count(timeline.tracks().len(), "match", "matches");
    let events = format_count(timeline.cues().len(), "event", "events");
    let mut lines = vec![format!("{}: {matches}, {events}", sanitise(timeline.title()))];
    let speed = describe_speed(plan);
    lines.push(match plan.wall {
        Some(wall) => format!("{speed}: {} from start to end", format_duration(wall)),
        None => speed,
    });
    let moved = options.kickoff_offset;
    let first = timeline.tracks().iter().map(|track| track.fixture.kickoff.0).min();
    let first = first
        .filter(|_| moved != Span::ZERO)
        .and_then(|kickoff| jiff::Timestamp::from_millisecond(kickoff.saturating_add(moved.as_millis())).ok());
    lines.extend(first.map(|at| at.strftime("kick-off shown as %Y-%m-%d %H:%M:%S UTC").to_string()));
    lines
}

/// A URL as a QR code for a telephone's camera; each line of text holds two rows.
fn qr_code(link: &str, colours: Colours) -> Option<String> {
    let code = QrCode::new(link).ok()?.render::<Dense1x2>().build();
    Some(code.lines().map(|line| colours.paint(QR_STYLE, line)).collect::<Vec<_>>().join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PIPED: StartupStyle = StartupStyle { interactive: false, colours: Colours::OFF };

    fn lines(bound: &str, token: Option<&ControlToken>, in_ready_file: bool, style: StartupStyle) -> String {
        let bound: SocketAddr = bound.parse().expect("an address");
        let external = (!bound.ip().is_loopback()).then_some("192.0.2.7:1".parse().expect("an address"));
        let urls = ServerUrls::new(bound, external, false);
        StartupInfo { bound, urls, tls: None, token, in_ready_file }.lines(style).join("\n")
    }

    #[test]
    fn a_server_for_other_machines_says_its_url_and_that_it_is_read_only() {
        let text = lines("0.0.0.0:8089", None, false, PIPED);
        assert!(
            text.contains(
                "can connect, at http://192.0.2.7:8089/\nread-only: no client may control main; --control-token"
            ),
            "{text}"
        );
        let text = lines("127.0.0.1:8089", None, false, PIPED);
        assert_eq!(text.lines().count(), 1);
        assert!(
            text.ends_with(": open http://127.0.0.1:8089/ in a browser, or subscribe at ws://127.0.0.1:8089/ws"),
            "{text}"
        );
    }

    #[test]
    fn the_token_is_printed_only_to_a_terminal() {
        let token = ControlToken::new("correct-horse").expect("a token");
        for bound in ["0.0.0.0:8089", "127.0.0.1:8089"] {
            for (file, words) in [(true, "the ready file has a link"), (false, "--ready-file FILE writes")] {
                let text = lines(bound, Some(&token), file, PIPED);
                assert!(text.contains(words) && !text.contains("correct-horse"), "{text}");
                assert!(text.contains("\ncontrol requires the token"), "{text}");
            }
            let text = lines(bound, Some(&token), true, StartupStyle { interactive: true, ..PIPED });
            assert!(text.contains("/?token=correct-horse"), "{text}");
        }
    }

    #[test]
    fn a_qr_code_has_the_modules_of_its_link() {
        let link = "http://192.0.2.7:8089/";
        assert!(!lines("0.0.0.0:8089", None, false, PIPED).contains('█'), "on a terminal only");
        let shown = qr_code(link, Colours::OFF).expect("short enough");
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

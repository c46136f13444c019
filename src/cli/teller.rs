//! Lines for the one who started a server, written by a thread of its own.
//!
//! Standard error may be a pipe that nobody empties. Then only that thread waits: nothing is served later for it, and the
//! server can still be stopped.

use std::io::{self, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, channel, sync_channel};
use std::time::Duration;

use touchline::error::{Error, Result};

use super::log::Format;
use super::print::sanitise;

/// How many lines may wait to be written; more are dropped, as nobody reads them.
const WAITING: usize = 1_024;
/// How long the last lines may take.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Where lines are left to be written.
#[derive(Debug, Clone)]
pub struct Teller {
    lines: SyncSender<Line>,
    format: Format,
}

#[derive(Debug)]
enum Line {
    Text(Vec<u8>),
    /// Nothing more will be written: the log holds its end of the channel for as long as the program lives.
    Last,
}

/// The thread that writes them.
#[derive(Debug)]
pub struct Telling {
    finished: Receiver<()>,
}

impl Teller {
    /// Starts the thread.
    pub fn start(format: Format) -> Result<(Self, Telling)> {
        Self::writing_to(io::stderr(), format)
    }

    fn writing_to(mut to: impl Write + Send + 'static, format: Format) -> Result<(Self, Telling)> {
        let (lines, waiting) = sync_channel::<Line>(WAITING);
        let (done, finished) = channel();
        let write = move || {
            for line in waiting {
                let Line::Text(line) = line else { break };
                // Nobody can be told if that fails.
                let _ = to.write_all(&line);
            }
            let _ = done.send(());
        };
        let thread = std::thread::Builder::new().name("teller".into()).spawn(write);
        thread.map_err(|error| Error::io("starting a thread", error))?;
        Ok((Self { lines, format }, Telling { finished }))
    }

    /// Has a line written.
    pub fn tell(&self, line: &str) {
        self.write_line("INFO", line);
    }

    /// The same for what went wrong.
    pub fn complain(&self, line: &str) {
        self.write_line("ERROR", line);
    }

    /// Reports a failure that shows only later, and is no reason to stop.
    pub fn reporting(&self) -> impl FnOnce(Error) + Send + 'static {
        let teller = self.clone();
        move |error| {
            let line = error.to_string();
            match teller.format {
                Format::Text => teller.complain(&sanitise(&format!("touchline: {line}"))),
                Format::Json => teller.complain(&line),
            }
        }
    }

    fn write_line(&self, level: &str, line: &str) {
        let _ = self.lines.try_send(Line::Text((self.format.line(level, line) + "\n").into_bytes()));
    }
}

impl Telling {
    /// Waits until everything is written, but not for long.
    pub fn finish(self, teller: Teller) {
        // Where there is no room for it, nobody is reading.
        let _ = teller.lines.try_send(Line::Last);
        match self.finished.recv_timeout(LAST_WORDS) {
            Ok(()) | Err(RecvTimeoutError::Disconnected | RecvTimeoutError::Timeout) => {}
        }
    }
}

impl Write for Teller {
    /// Takes whole lines, as the log writes them.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let _ = self.lines.try_send(Line::Text(line.to_vec()));
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Paper(Arc<Mutex<Vec<u8>>>);

    impl Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().map_err(|_| io::ErrorKind::Other)?.extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// A pipe that nobody empties.
    struct Stuck(Receiver<()>);

    impl Write for Stuck {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            // Until the test is over.
            let _ = self.0.recv();
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn lines_are_written_in_order_and_all_of_them_before_the_end() {
        let paper = Paper::default();
        let (teller, telling) = Teller::writing_to(paper.clone(), Format::Text).expect("a thread");
        teller.tell("one");
        teller.tell("two");
        let _log = teller.clone();
        telling.finish(teller);
        assert_eq!(*paper.0.lock().expect("not poisoned"), b"one\ntwo\n");
    }

    #[test]
    fn a_pipe_that_nobody_empties_holds_nobody_up() {
        let (release, held) = channel();
        let (teller, _telling) = Teller::writing_to(Stuck(held), Format::Text).expect("a thread");
        for _ in 0..WAITING * 2 {
            teller.tell("line");
        }
        drop(release);
    }
}

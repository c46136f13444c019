//! Standard error of `serve`, written by a thread of its own.
//!
//! Standard error may be a pipe whose reader has stopped reading. Then only this thread blocks: the server goes on serving
//! and can still be stopped.

use std::io::{self, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, channel, sync_channel};
use std::time::Duration;

use crate::error::{Error, Result};

use super::log::LogFormat;
use super::print::sanitise;

/// How many lines may be queued. Lines beyond that are dropped.
const QUEUE_CAPACITY: usize = 1_024;
/// How many lines take one place in the queue, if they come together.
const LINES_AT_ONCE: usize = 100;
/// How long [`StderrThread::finish`] waits for the queue to empty.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(1);

/// Queues lines for the thread. Never blocks.
#[derive(Debug, Clone)]
pub struct StderrWriter {
    lines: SyncSender<QueuedLine>,
    format: LogFormat,
}

#[derive(Debug)]
enum QueuedLine {
    Text(Vec<u8>),
    /// Ends the thread. The channel does not close by itself: the log keeps its sender for as long as the process lives.
    Last,
}

/// The thread that writes the lines.
#[derive(Debug)]
pub struct StderrThread {
    finished: Receiver<()>,
}

impl StderrWriter {
    /// Starts the thread.
    pub fn start(format: LogFormat) -> Result<(Self, StderrThread)> {
        Self::writing_to(io::stderr(), format)
    }

    fn writing_to(mut to: impl Write + Send + 'static, format: LogFormat) -> Result<(Self, StderrThread)> {
        let (lines, queue) = sync_channel::<QueuedLine>(QUEUE_CAPACITY);
        let (done, finished) = channel();
        let write = move || {
            for line in queue {
                let QueuedLine::Text(line) = line else { break };
                // There is nowhere left to report a failure.
                let _ = to.write_all(&line);
            }
            let _ = done.send(());
        };
        let thread = std::thread::Builder::new().name("stderr".into()).spawn(write);
        thread.map_err(|error| Error::io("starting a thread", error))?;
        Ok((Self { lines, format }, StderrThread { finished }))
    }

    /// Queues a line at level INFO.
    pub fn info(&self, line: &str) {
        self.write_line("INFO", line);
    }

    /// Queues lines at level INFO, many at once: they may be more than [`QUEUE_CAPACITY`].
    pub fn info_lines(&self, lines: &[String]) {
        for lines in lines.chunks(LINES_AT_ONCE) {
            self.write_text(lines.iter().map(|line| self.format.format_line("INFO", line) + "\n").collect());
        }
    }

    /// Queues a line at level ERROR.
    pub fn error(&self, line: &str) {
        self.write_line("ERROR", line);
    }

    /// A callback that reports an error which occurs later, in the background, and does not stop the server.
    pub fn error_reporter(&self) -> impl FnOnce(Error) + Send + 'static {
        let stderr = self.clone();
        move |error| {
            let line = error.to_string();
            match stderr.format {
                LogFormat::Text => stderr.error(&sanitise(&format!("touchline: {line}"))),
                LogFormat::Json => stderr.error(&line),
            }
        }
    }

    fn write_line(&self, level: &str, line: &str) {
        self.write_text(self.format.format_line(level, line) + "\n");
    }

    fn write_text(&self, text: String) {
        let _ = self.lines.try_send(QueuedLine::Text(text.into_bytes()));
    }
}

impl StderrThread {
    /// Waits until the queue is written, for [`FLUSH_TIMEOUT`] at most.
    pub fn finish(self, stderr: StderrWriter) {
        // A full queue means that the reader of the pipe has stopped: the time-out ends the wait.
        let _ = stderr.lines.try_send(QueuedLine::Last);
        match self.finished.recv_timeout(FLUSH_TIMEOUT) {
            Ok(()) | Err(RecvTimeoutError::Disconnected | RecvTimeoutError::Timeout) => {}
        }
    }
}

impl Write for StderrWriter {
    /// Queues one whole line: the log writes each line in one call.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let _ = self.lines.try_send(QueuedLine::Text(line.to_vec()));
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use parking_lot::Mutex;

    use super::*;

    #[derive(Clone, Default)]
    struct Buffer(Arc<Mutex<Vec<u8>>>);

    impl Write for Buffer {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// A pipe whose reader has stopped reading.
    struct Stuck(Receiver<()>);

    impl Write for Stuck {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            // Blocks until the test is over.
            let _ = self.0.recv();
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn lines_that_come_together_may_be_more_than_the_queue_holds() {
        let (lines, queue) = sync_channel(QUEUE_CAPACITY);
        let stderr = StderrWriter { lines, format: LogFormat::Text };
        let many: Vec<String> = (0..5 * QUEUE_CAPACITY).map(|line| line.to_string()).collect();
        stderr.info_lines(&many);
        drop(stderr);
        let written = queue.iter().flat_map(|line| match line {
            QueuedLine::Text(text) => text,
            QueuedLine::Last => Vec::new(),
        });
        assert_eq!(written.collect::<Vec<u8>>(), (many.join("\n") + "\n").into_bytes());
    }

    #[test]
    fn lines_are_written_in_order_and_all_of_them_before_finish_returns() {
        let buffer = Buffer::default();
        let (stderr, stderr_thread) = StderrWriter::writing_to(buffer.clone(), LogFormat::Text).expect("a thread");
        stderr.info("one");
        stderr.info("two");
        let _log = stderr.clone();
        stderr_thread.finish(stderr);
        assert_eq!(*buffer.0.lock(), b"one\ntwo\n");
    }

    #[test]
    fn a_full_pipe_does_not_block_the_caller() {
        let (release, blocked) = channel();
        let (stderr, _telling) = StderrWriter::writing_to(Stuck(blocked), LogFormat::Text).expect("a thread");
        for _ in 0..QUEUE_CAPACITY * 2 {
            stderr.info("line");
        }
        drop(release);
    }
}

//! What stops the program: signals, and the end of standard input.

#[cfg(unix)]
use crate::error::Error;
use crate::error::Result;

/// SIGINT (Ctrl-C), SIGTERM and, unless it was ignored at start (`nohup`), SIGHUP.
pub struct ShutdownSignals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    hangup: Option<tokio::signal::unix::Signal>,
}

impl ShutdownSignals {
    #[cfg(unix)]
    /// Installs the handlers: from here on the signals no longer end the process by themselves.
    pub fn new() -> Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let listen = |kind| signal(kind).map_err(|error| Error::io("listening for signals", error));
        // Asked first: installing a handler overwrites the disposition that the process was started with.
        let hangup = handles_hangup().then(|| listen(SignalKind::hangup())).transpose()?;
        let (interrupt, terminate) = (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
        Ok(Self { interrupt, terminate, hangup })
    }

    #[cfg(not(unix))]
    /// Installs the handlers: from here on the signals no longer end the process by themselves.
    pub fn new() -> Result<Self> {
        Ok(Self {})
    }

    /// Completes at the first signal. A second signal exits at once with code 130, without a graceful shutdown.
    pub async fn wait(mut self) {
        self.next().await;
        tokio::spawn(async move {
            self.next().await;
            std::process::exit(130);
        });
    }

    /// Completes at the next signal, and returns the exit code of a program that it ends.
    #[cfg(unix)]
    pub async fn next(&mut self) -> u8 {
        let hangup = async {
            match &mut self.hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.interrupt.recv() => 130,
            _ = self.terminate.recv() => 143,
            _ = hangup => 129,
        }
    }

    /// Completes at the next signal, and returns the exit code of a program that it ends.
    #[cfg(not(unix))]
    pub async fn next(&mut self) -> u8 {
        // An error means that Ctrl-C cannot arrive on this system.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        130
    }
}

/// Completes when standard input ends, or cannot be read. What arrives is discarded.
pub fn end_of_stdin() -> Result<impl Future<Output = ()>> {
    let (ended, end) = tokio::sync::oneshot::channel();
    // A thread, as a read of standard input cannot be cancelled: it is left behind when the process exits.
    let reader = move || {
        // A failed read is an end, too.
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        let _ = ended.send(());
    };
    let started = std::thread::Builder::new().name("stdin".into()).spawn(reader);
    started.map_err(|error| crate::error::Error::io("watching standard input", error))?;
    Ok(async move { end.await.unwrap_or_default() })
}

/// Whether SIGHUP stops the program. Linux says whether the process was started with SIGHUP ignored, as by `nohup`. On other
/// systems this takes an unsafe call, so there SIGHUP keeps its inherited disposition.
#[cfg(unix)]
fn handles_hangup() -> bool {
    let status = std::fs::read_to_string("/proc/self/status");
    cfg!(target_os = "linux") && status.is_ok_and(|status| ignores_hangup(&status) == Some(false))
}

/// Whether a `/proc/PID/status` lists SIGHUP as ignored; `None` where it has no readable `SigIgn` line.
#[cfg(unix)]
fn ignores_hangup(status: &str) -> Option<bool> {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?;
    // The first bit is signal 1.
    u64::from_str_radix(mask.trim(), 16).ok().map(|mask| mask & 1 == 1)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn the_mask_says_whether_a_hang_up_is_ignored() {
        let status = |mask: &str| format!("Name:\ttouchline\nSigBlk:\t0000000000000001\nSigIgn:\t{mask}\n");
        for (mask, ignored) in [
            ("0000000000000000", Some(false)),
            ("0000000000000001", Some(true)),
            ("0000000000001000", Some(false)),
            ("0000000000001001", Some(true)),
            ("none", None),
        ] {
            assert_eq!(ignores_hangup(&status(mask)), ignored, "{mask}");
        }
        assert_eq!(ignores_hangup("Name:\ttouchline\n"), None);
    }
}

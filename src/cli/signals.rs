//! The signals that ask the program to stop.

#[cfg(unix)]
use touchline::error::Error;
use touchline::error::Result;

/// Ctrl-C, the request to terminate, and the loss of the terminal unless that was to be ignored (`nohup`).
pub struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    hang_up: Option<tokio::signal::unix::Signal>,
}

impl Signals {
    #[cfg(unix)]
    /// From here on they no longer end the program by themselves.
    pub fn new() -> Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let listen = |kind| signal(kind).map_err(|error| Error::io("listening for signals", error));
        // Before listening: that replaces what the program was started with.
        let hang_up = stops_on_hang_up().then(|| listen(SignalKind::hangup())).transpose()?;
        let (interrupt, terminate) = (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
        Ok(Self { interrupt, terminate, hang_up })
    }

    #[cfg(not(unix))]
    /// From here on they no longer end the program by themselves.
    pub fn new() -> Result<Self> {
        Ok(Self {})
    }

    /// Completes at the first; the second ends the program at once, without goodbyes.
    pub async fn first(mut self) {
        self.next().await;
        tokio::spawn(async move {
            self.next().await;
            std::process::exit(130);
        });
    }

    #[cfg(unix)]
    async fn next(&mut self) {
        let hang_up = async {
            match &mut self.hang_up {
                Some(hang_up) => hang_up.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = hang_up => {}
        }
    }

    #[cfg(not(unix))]
    async fn next(&mut self) {
        // Where Ctrl-C cannot be listened for, nobody can press it.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Whether SIGHUP is to stop the program. Linux tells whether the process was started with it ignored, as by `nohup`; other
/// systems tell only by a call that is not safe, so there the signal keeps the effect that it was started with.
#[cfg(unix)]
fn stops_on_hang_up() -> bool {
    let status = std::fs::read_to_string("/proc/self/status");
    cfg!(target_os = "linux") && status.is_ok_and(|status| ignores_hang_up(&status) == Some(false))
}

/// What a status of `/proc` says about SIGHUP; `None` where it says nothing.
#[cfg(unix)]
fn ignores_hang_up(status: &str) -> Option<bool> {
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
            assert_eq!(ignores_hang_up(&status(mask)), ignored, "{mask}");
        }
        assert_eq!(ignores_hang_up("Name:\ttouchline\n"), None);
    }
}

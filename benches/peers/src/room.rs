//! What the peers on tokio have in common: a thread, an accept loop, and a broadcast channel, as most would write it.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use clap::Parser;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::broadcast;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::command_line::{ADDRESS, CommandLine, tell_port};
use crate::message::text;
use crate::schedule::Schedule;

/// Where subscribers gather and hear the messages.
#[derive(Debug)]
pub struct Room {
    asked: CommandLine,
    joined: AtomicUsize,
    messages: broadcast::Sender<Utf8Bytes>,
}

impl Room {
    /// Takes a subscriber in; the last of those waited for sets the messages going. To be called once the handshake has
    /// been answered.
    pub fn join(self: &Arc<Self>) -> broadcast::Receiver<Utf8Bytes> {
        let receiver = self.messages.subscribe();
        if self.joined.fetch_add(1, Ordering::Relaxed) + 1 == self.asked.subscribers {
            tokio::spawn(self.clone().send());
        }
        receiver
    }

    async fn send(self: Arc<Self>) {
        let schedule = Schedule::from_now(self.asked.rate);
        for n in 1..=self.asked.messages {
            match schedule {
                Some(schedule) => tokio::time::sleep_until(schedule.due(n).into()).await,
                None if n % 32 == 0 => tokio::task::yield_now().await,
                None => {}
            }
            // Fails only where nobody is left to hear it.
            let _ = self.messages.send(text(n).into());
        }
    }
}

/// Serves every connection with `serve`, on this thread, until it is killed.
pub fn run<S, F>(serve: S) -> io::Result<()>
where
    S: Fn(TcpStream, Arc<Room>) -> F,
    F: Future<Output = ()> + Send + 'static,
{
    let asked = CommandLine::parse();
    // The channel holds the whole run: whoever is slow is behind, and misses nothing.
    let (messages, _) = broadcast::channel(usize::try_from(asked.messages).unwrap_or(usize::MAX).max(1));
    let room = Arc::new(Room { asked, joined: AtomicUsize::new(0), messages });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(ADDRESS).await?;
        tell_port(listener.local_addr()?)?;
        loop {
            let (socket, _) = listener.accept().await?;
            socket.set_nodelay(true)?;
            tokio::spawn(serve(socket, room.clone()));
        }
    })
}

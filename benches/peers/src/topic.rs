//! Shared by the peers on tokio: one thread, an accept loop, and a broadcast channel, as most would write it.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use clap::Parser;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::broadcast;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::command_line::{ADDRESS, CommandLine, print_port};
use crate::message::text;
use crate::schedule::Schedule;

/// A pub/sub topic: sends every message to all subscribers.
#[derive(Debug)]
pub struct Topic {
    options: CommandLine,
    joined: AtomicUsize,
    messages: broadcast::Sender<Utf8Bytes>,
}

impl Topic {
    /// Adds a subscriber, after its handshake. The last expected one starts the messages.
    pub fn subscribe(self: &Arc<Self>) -> broadcast::Receiver<Utf8Bytes> {
        let receiver = self.messages.subscribe();
        if self.joined.fetch_add(1, Ordering::Relaxed) + 1 == self.options.subscribers {
            tokio::spawn(self.clone().send());
        }
        receiver
    }

    async fn send(self: Arc<Self>) {
        let schedule = Schedule::from_now(self.options.rate);
        for n in 1..=self.options.messages {
            match schedule {
                Some(schedule) => tokio::time::sleep_until(schedule.due(n).into()).await,
                None if n % 32 == 0 => tokio::task::yield_now().await,
                None => {}
            }
            // Fails only if no subscriber is left.
            let _ = self.messages.send(text(n).into());
        }
    }
}

/// Serves every connection with `serve`, on this thread, until it is killed.
pub fn run<S, F>(serve: S) -> io::Result<()>
where
    S: Fn(TcpStream, Arc<Topic>) -> F,
    F: Future<Output = ()> + Send + 'static,
{
    let options = CommandLine::parse();
    // The channel holds the whole run: a slow subscriber falls behind, but loses nothing.
    let (messages, _) = broadcast::channel(usize::try_from(options.messages).unwrap_or(usize::MAX).max(1));
    let topic = Arc::new(Topic { options, joined: AtomicUsize::new(0), messages });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(ADDRESS).await?;
        print_port(listener.local_addr()?)?;
        loop {
            let (socket, _) = listener.accept().await?;
            socket.set_nodelay(true)?;
            tokio::spawn(serve(socket, topic.clone()));
        }
    })
}

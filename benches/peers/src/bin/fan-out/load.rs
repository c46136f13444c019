//! The loads that servers are measured under.

use std::time::Duration;

/// The rate of the messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// This many messages per second.
    Steady(u32),
    /// As fast as subscribers read.
    Burst,
    /// No messages: the server waits for one more subscriber, which never connects.
    Idle,
}

/// A load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Load {
    /// Its name on the command line and in results.
    pub name: &'static str,
    /// Its title in headings.
    pub title: &'static str,
    /// The number of subscribers.
    pub subscribers: usize,
    /// The rate of the messages.
    pub pace: Pace,
}

const fn steady(name: &'static str, title: &'static str, subscribers: usize, rate: u32) -> Load {
    Load { name, title, subscribers, pace: Pace::Steady(rate) }
}

/// All loads. The `scale-` loads are the points of one chart: about the same number of deliveries per second, to more
/// and more subscribers.
pub const LOADS: [Load; 11] = [
    steady("lone", "1 subscriber, 100 messages a second", 1, 100),
    steady("paced-1k", "1,000 subscribers, 100 messages a second", 1_000, 100),
    steady("paced-10k", "10,000 subscribers, 10 messages a second", 10_000, 10),
    Load { name: "burst", title: "1,000 subscribers, as fast as they take it", subscribers: 1_000, pace: Pace::Burst },
    Load { name: "idle-10k", title: "10,000 subscribers, nothing to tell", subscribers: 10_000, pace: Pace::Idle },
    steady("scale-10", "10 subscribers", 10, 100),
    steady("scale-100", "100 subscribers", 100, 100),
    steady("scale-1k", "1,000 subscribers", 1_000, 100),
    steady("scale-5k", "5,000 subscribers", 5_000, 20),
    steady("scale-10k", "10,000 subscribers", 10_000, 10),
    steady("scale-15k", "15,000 subscribers", 15_000, 5),
];

impl Load {
    /// Whether the load is a point of the chart over the number of subscribers.
    pub fn is_scale(&self) -> bool {
        self.name.starts_with("scale-")
    }

    /// Whether the load runs in a round: memory hardly varies, and loads without a comparison need fewer rounds.
    pub fn is_due(&self, round: usize) -> bool {
        !(self.is_scale() || self.pace == Pace::Idle || self.subscribers == 1) || round % 3 == 1
    }

    /// The number of messages to each subscriber in a run of this length; `burst` in a burst.
    pub fn messages(&self, length: Duration, burst: u64) -> u64 {
        match self.pace {
            // One more, as the first does not count.
            Pace::Steady(rate) => (f64::from(rate) * length.as_secs_f64()).round().max(2.0) as u64 + 1,
            Pace::Burst => burst,
            Pace::Idle => 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_load_lasts_as_long_as_asked() {
        let messages = |name: &str, seconds| {
            let load = LOADS.iter().find(|load| load.name == name).expect("a load");
            load.messages(Duration::from_secs_f64(seconds), 4_000)
        };
        assert_eq!(messages("paced-1k", 1.5), 151);
        assert_eq!(messages("scale-15k", 0.1), 3, "one between the first and the last");
        assert_eq!(messages("burst", 1.5), 4_000);
    }

    #[test]
    fn rates_can_be_kept_by_clocks_of_milliseconds() {
        for load in &LOADS {
            if let Pace::Steady(rate) = load.pace {
                assert_eq!(2_000 % rate, 0, "{}: half a period is a whole number of milliseconds", load.name);
            }
        }
    }
}

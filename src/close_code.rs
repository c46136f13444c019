//! Close codes of connections that the server ends. Clients reconnect on all codes but 1000 and 4500 to 4999.

/// Why the server ends a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u16)]
#[non_exhaustive]
pub enum CloseCode {
    /// The replay has ended.
    Ended = 1000,
    /// The server is stopping.
    GoingAway = 1001,
    /// The peer violated the protocol (RFC 6455).
    Protocol = 1002,
    /// The peer sent a binary message.
    NotText = 1003,
    /// The peer sent text that is not UTF-8.
    NotUtf8 = 1007,
    /// The peer sent a frame that is too long.
    TooLong = 1009,
    /// The subscriber has taken no bytes for too long.
    NoProgress = 4008,
    /// The subscriber has not answered pings for too long.
    Silent = 4009,
    /// The request has a wrong parameter.
    BadRequest = 4500,
    /// The token is not valid here.
    Unauthorised = 4501,
    /// There is no such match or replay.
    Unknown = 4504,
    /// A limit is reached.
    Limit = 4505,
    /// The replay was closed.
    Gone = 4506,
}

impl CloseCode {
    /// The number on the wire.
    pub const fn code(self) -> u16 {
        self as u16
    }

    /// The code with a number on the wire, if it is one of these.
    pub fn from_code(code: u16) -> Option<Self> {
        use CloseCode::*;
        let all = [
            Ended,
            GoingAway,
            Protocol,
            NotText,
            NotUtf8,
            TooLong,
            NoProgress,
            Silent,
            BadRequest,
            Unauthorised,
            Unknown,
            Limit,
            Gone,
        ];
        all.into_iter().find(|known| known.code() == code)
    }

    /// The reason that the close frame gives beside the number.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Ended => "the replay has ended",
            Self::GoingAway => "the server is stopping",
            Self::Protocol => "not the WebSocket protocol",
            Self::NotText => "only text messages are accepted",
            Self::NotUtf8 => "text was not UTF-8",
            Self::TooLong => "a frame was too long",
            Self::NoProgress => "no progress for too long; come back with since=",
            Self::Silent => "no answer to pings for too long; come back with since=",
            Self::BadRequest => "bad request",
            Self::Unauthorised => "not authorised",
            Self::Unknown => "no such match or replay",
            Self::Limit => "over a limit",
            Self::Gone => "the replay has gone",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_of_its_own_code_or_of_none() {
        let known: Vec<_> = (0..=u16::MAX).filter_map(|code| Some((code, CloseCode::from_code(code)?))).collect();
        assert!(known.iter().all(|(code, of)| of.code() == *code), "{known:?}");
        assert_eq!(known.len(), 13);
        assert_eq!(CloseCode::from_code(4506), Some(CloseCode::Gone));
    }
}

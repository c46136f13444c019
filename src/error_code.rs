//! The codes of refusals, with the HTTP status and the close code that each is answered with.

use crate::close_code::CloseCode;
use crate::words::words;

words! {
    /// Why a server refuses a request or an engine a command: `code` in an `error` frame. Later versions may add codes.
    #[non_exhaustive]
    ErrorCode {
        /// The request is malformed.
        BadRequest = "bad_request",
        /// A query parameter is unknown or invalid.
        BadParameter = "bad_parameter",
        /// An argument of a command or an option is invalid.
        BadArgument = "bad_argument",
        /// A body or a message is not a JSON object.
        BadJson = "bad_json",
        /// The lines that were sent are no scenario that can be played.
        BadScenario = "bad_scenario",
        /// There is no such command.
        UnknownCommand = "unknown_command",
        /// There is no such event type.
        UnknownType = "unknown_type",
        /// The port speaks TLS, and the request is plain HTTP.
        TlsRequired = "tls_required",
        /// A token is required, or another one.
        NotAuthorised = "not_authorised",
        /// The Host, the Origin, or a page of another site is not allowed.
        Forbidden = "forbidden",
        /// There is no such replay, or not any more.
        UnknownReplay = "unknown_replay",
        /// There is no such match.
        UnknownMatch = "unknown_match",
        /// There is no such scenario, or it cannot be loaded.
        UnknownScenario = "unknown_scenario",
        /// There is no such path, or no such place on the timeline.
        NotFound = "not_found",
        /// The path does not answer this method.
        MethodNotAllowed = "method_not_allowed",
        /// The path is a WebSocket.
        UpgradeRequired = "upgrade_required",
        /// The request did not arrive in time.
        TooSlow = "too_slow",
        /// The command's `if_version` is not the present version of playback.
        Stale = "stale",
        /// There is a replay of that name.
        Taken = "taken",
        /// The replay lasts as long as the server.
        Lasting = "lasting",
        /// The replay is being closed.
        Closing = "closing",
        /// The body is too long.
        TooLong = "too_long",
        /// The request has an `Expect` that is not supported.
        ExpectationFailed = "expectation_failed",
        /// A limit is reached.
        OverLimit = "over_limit",
        /// The request has a transfer coding that is not supported.
        NotImplemented = "not_implemented",
        /// The limit on connections is reached.
        Full = "full",
        /// The server cannot answer.
        Unavailable = "unavailable",
        /// The server is stopping: another may take its place.
        Stopping = "stopping",
        /// A barrier timed out.
        Behind = "behind",
    }
}

impl ErrorCode {
    /// The HTTP status of an answer.
    pub const fn http_status(self) -> u16 {
        self.answered_with().0
    }

    /// The close code of a WebSocket.
    pub const fn close_code(self) -> CloseCode {
        self.answered_with().1
    }

    const fn answered_with(self) -> (u16, CloseCode) {
        match self {
            Self::BadRequest | Self::BadParameter | Self::BadArgument | Self::BadJson => (400, CloseCode::BadRequest),
            Self::BadScenario | Self::UnknownCommand | Self::UnknownType | Self::TlsRequired => {
                (400, CloseCode::BadRequest)
            }
            Self::NotAuthorised => (401, CloseCode::Unauthorised),
            Self::Forbidden => (403, CloseCode::BadRequest),
            Self::UnknownReplay | Self::UnknownMatch | Self::UnknownScenario => (404, CloseCode::Unknown),
            Self::NotFound => (404, CloseCode::BadRequest),
            Self::MethodNotAllowed => (405, CloseCode::BadRequest),
            Self::TooSlow => (408, CloseCode::BadRequest),
            Self::Stale | Self::Taken | Self::Lasting => (409, CloseCode::BadRequest),
            Self::Closing => (410, CloseCode::Gone),
            Self::TooLong => (413, CloseCode::BadRequest),
            Self::ExpectationFailed => (417, CloseCode::BadRequest),
            Self::UpgradeRequired => (426, CloseCode::BadRequest),
            Self::OverLimit => (429, CloseCode::Limit),
            Self::NotImplemented => (501, CloseCode::BadRequest),
            Self::Full => (503, CloseCode::Limit),
            Self::Unavailable => (503, CloseCode::BadRequest),
            Self::Stopping => (503, CloseCode::GoingAway),
            Self::Behind => (504, CloseCode::BadRequest),
        }
    }
}

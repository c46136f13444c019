//! Closed vocabularies: enums whose members are words of files and of the wire.

/// Declares an enum of words, with lists of its members and words and conversions both ways.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[$vmeta])* $variant,)+ }

        impl $name {
            /// All members, in order.
            #[allow(dead_code, reason = "a private vocabulary may not need it")]
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];
            /// All words, in the same order.
            #[allow(dead_code, reason = "a private vocabulary may not need it")]
            pub const WORDS: &'static [&'static str] = &[$($word,)+];

            /// The word, as in files and on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// Parses a word.
            pub fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }
        }

        impl std::str::FromStr for $name {
            type Err = String;

            fn from_str(word: &str) -> Result<Self, String> {
                Self::parse(word).ok_or_else(|| format!("unknown word {:?}", crate::message::excerpt(word)))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}
pub(crate) use words;

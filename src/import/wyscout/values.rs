//! Values as Wyscout's files and copies of them have them: numbers may be texts, and unknown ones 0, `null` or `""`.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, Error, SeqAccess, Unexpected, Visitor};
use serde_json::Value;

/// A number, which may be written as a text.
pub fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())
}

/// A text that is not empty.
pub fn text(value: &Value) -> Option<&str> {
    value.as_str().map(str::trim).filter(|text| !text.is_empty())
}

/// What a number in a file can be read as.
pub trait Number: Copy + Default + std::str::FromStr {
    fn of_u64(number: u64) -> Option<Self>;
    fn of_f64(number: f64) -> Option<Self>;
}

macro_rules! integer {
    ($($type:ty)*) => {$(
        impl Number for $type {
            fn of_u64(number: u64) -> Option<Self> {
                Self::try_from(number).ok()
            }
            /// Some copies have ids as `101.0`, and -1 for none.
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            fn of_f64(number: f64) -> Option<Self> {
                if number < 0.0 {
                    return Some(Self::default());
                }
                (number.fract() == 0.0 && number <= 9e15).then(|| Self::try_from(number as u64).ok())?
            }
        }
    )*};
}
integer!(u16 u32 u64);

impl Number for f64 {
    #[allow(clippy::cast_precision_loss)]
    fn of_u64(number: u64) -> Option<Self> {
        Some(number as Self)
    }
    fn of_f64(number: f64) -> Option<Self> {
        Some(number)
    }
}

/// Reads a number. Unknown ones are 0.
pub fn read_number<'de, D: Deserializer<'de>, T: Number>(input: D) -> Result<T, D::Error> {
    Ok(read_optional(input)?.unwrap_or_default())
}

/// Reads a number. Unknown ones are `None`.
pub fn read_optional<'de, D: Deserializer<'de>, T: Number>(input: D) -> Result<Option<T>, D::Error> {
    input.deserialize_any(NumberVisitor::<T> { texts: false, number: PhantomData })
}

/// Reads a code, beside which some copies have its name: a text that is no number is 0, as is an unknown code.
pub fn read_code<'de, D: Deserializer<'de>>(input: D) -> Result<u32, D::Error> {
    Ok(input.deserialize_any(NumberVisitor::<u32> { texts: true, number: PhantomData })?.unwrap_or_default())
}

/// Takes the elements of a list one by one. `null` has none.
pub fn read_each<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    input: D,
    take: impl FnMut(T),
) -> Result<(), D::Error> {
    struct ListVisitor<T, F>(F, PhantomData<T>);
    impl<'de, T: Deserialize<'de>, F: FnMut(T)> Visitor<'de> for ListVisitor<T, F> {
        type Value = ();
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list")
        }
        fn visit_unit<E>(self) -> Result<(), E> {
            Ok(())
        }
        fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
            while let Some(element) = list.next_element()? {
                (self.0)(element);
            }
            Ok(())
        }
    }
    input.deserialize_any(ListVisitor(take, PhantomData))
}

struct NumberVisitor<T> {
    /// Whether texts that are no numbers are accepted.
    texts: bool,
    number: PhantomData<T>,
}

impl<T: Number> Visitor<'_> for NumberVisitor<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number")
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Option<T>, E> {
        T::of_u64(number).map(Some).ok_or_else(|| E::invalid_value(Unexpected::Unsigned(number), &self))
    }

    #[allow(clippy::cast_precision_loss)]
    fn visit_i64<E: Error>(self, number: i64) -> Result<Option<T>, E> {
        self.visit_f64(number as f64)
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Option<T>, E> {
        T::of_f64(number).map(Some).ok_or_else(|| E::invalid_value(Unexpected::Float(number), &self))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Option<T>, E> {
        // Names stand in every row.
        if self.texts && !text.starts_with(|first: char| first.is_ascii_digit()) {
            return Ok(None);
        }
        let text = text.trim();
        match text.parse() {
            Ok(number) => Ok(Some(number)),
            Err(_) if self.texts || text.is_empty() => Ok(None),
            Err(_) => Err(E::invalid_value(Unexpected::Str(text), &self)),
        }
    }

    fn visit_unit<E: Error>(self) -> Result<Option<T>, E> {
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Row {
        #[serde(deserialize_with = "read_number")]
        id: u64,
        #[serde(deserialize_with = "read_optional")]
        x: Option<f64>,
        #[serde(deserialize_with = "read_code")]
        code: u32,
    }

    #[test]
    fn numbers_may_be_texts() {
        let read = |text: &str| serde_json::from_str::<Row>(text).map_err(|error| error.to_string());
        assert_eq!(read(r#"{"id": 7, "x": "29.5", "code": 10}"#), Ok(Row { id: 7, x: Some(29.5), code: 10 }));
        assert_eq!(read(r#"{"id": "7", "x": null, "code": "10"}"#), Ok(Row { id: 7, x: None, code: 10 }));
        assert_eq!(read(r#"{"id": null, "x": "", "code": "Pass"}"#), Ok(Row { id: 0, x: None, code: 0 }));
        assert_eq!(read(r#"{"id": 7.0, "x": -1, "code": null}"#), Ok(Row { id: 7, x: Some(-1.0), code: 0 }));
        for (text, said) in [
            (r#"{"id": "a", "x": 0, "code": 0}"#, "invalid value: string \"a\", expected a number at line 1 column 10"),
            (r#"{"id": 1.5, "x": 0, "code": 0}"#, "invalid value: floating point `1.5`, expected a number"),
            (r#"{"id": 1, "x": [], "code": 0}"#, "invalid type: sequence, expected a number"),
        ] {
            assert!(read(text).is_err_and(|error| error.starts_with(said)), "{said}: {:?}", read(text));
        }
    }
}

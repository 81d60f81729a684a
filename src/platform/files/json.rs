//! JSON in the form of results files.

use crate::platform::files::Versioned;
use crate::platform::text;
use serde::Serialize;
use serde_json::ser::Formatter;
use std::io::{self, Write};

/// A figure that JSON cannot represent: infinite, or undefined.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{place} is {number}, which JSON cannot represent: please report it")]
pub struct NoNumber {
    /// The path of the figure: `measurements[3].overhead.wall.value`.
    pub place: String,
    /// The figure.
    pub number: f64,
}

/// Returns the text that [`write_json`](super::write_json) writes.
///
/// # Errors
/// If a figure is not a number, because serde_json would write `null` instead.
///
/// # Panics
/// If JSON cannot represent the data, for example a map whose keys are not text. No versioned data has one.
pub fn json(value: &impl Versioned) -> Result<String, NoNumber> {
    let data = ciborium::Value::serialized(value).expect("versioned data is plain data");
    if let Some((place, number)) = no_number(&data) {
        return Err(NoNumber { place: place.trim_start_matches('.').to_owned(), number });
    }
    let mut text = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut text, Outer::default());
    Tagged::of(value).serialize(&mut serializer).expect("versioned data is plain data");
    text.push(b'\n');
    Ok(String::from_utf8(text).expect("JSON is text"))
}

/// Data with its kind as the first field.
#[derive(Serialize)]
struct Tagged<'a, T> {
    kind: &'static str,
    #[serde(flatten)]
    data: &'a T,
}

impl<'a, T: Versioned> Tagged<'a, T> {
    fn of(data: &'a T) -> Self {
        Self { kind: T::KIND, data }
    }
}

/// Returns the first figure that is not a number, with its path.
fn no_number(data: &ciborium::Value) -> Option<(String, f64)> {
    use ciborium::Value;
    let below = |name: String, data| no_number(data).map(|(place, number)| (name + &place, number));
    match data {
        Value::Float(number) if !number.is_finite() => Some((String::new(), *number)),
        Value::Array(items) => items.iter().enumerate().find_map(|(place, item)| below(format!("[{place}]"), item)),
        Value::Map(items) => {
            items.iter().find_map(|(key, item)| below(format!(".{}", key.as_text().unwrap_or("?")), item))
        }
        _ => None,
    }
}

/// A JSON formatter with a line for each value of the outer levels: a pair is one line, not fifteen.
#[derive(Default)]
struct Outer {
    depth: usize,
}

impl Outer {
    const LEVELS: usize = 4;

    fn new_line<W: ?Sized + Write>(&self, writer: &mut W, depth: usize) -> io::Result<()> {
        if self.depth > Self::LEVELS {
            return Ok(());
        }
        writer.write_all(b"\n")?;
        (0..depth).try_for_each(|_| writer.write_all(b" "))
    }

    fn begin<W: ?Sized + Write>(&mut self, writer: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth += 1;
        writer.write_all(bracket)
    }

    fn value<W: ?Sized + Write>(&self, writer: &mut W, first: bool) -> io::Result<()> {
        if !first {
            writer.write_all(b",")?;
        }
        self.new_line(writer, self.depth)
    }

    fn end<W: ?Sized + Write>(&mut self, writer: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.new_line(writer, self.depth - 1)?;
        self.depth -= 1;
        writer.write_all(bracket)
    }
}

impl Formatter for Outer {
    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.begin(writer, b"[")
    }
    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.end(writer, b"]")
    }
    fn begin_array_value<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.value(writer, first)
    }
    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.begin(writer, b"{")
    }
    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.end(writer, b"}")
    }
    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.value(writer, first)
    }
    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }
    /// Writes text with all its characters. Characters that would affect a terminal become escapes.
    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some((place, character)) = rest.char_indices().find(|(_, one)| text::replacement(*one).is_some()) {
            writer.write_all(&rest.as_bytes()[..place])?;
            character.encode_utf16(&mut [0; 2]).iter().try_for_each(|unit| write!(writer, "\\u{unit:04x}"))?;
            rest = &rest[place + character.len_utf8()..];
        }
        writer.write_all(rest.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::files::parse;
    use serde::Deserialize;
    use std::path::Path;

    #[test]
    fn text_is_kept_and_escaped() {
        #[derive(Debug, PartialEq, Serialize, Deserialize)]
        struct Named {
            schema: u32,
            name: String,
        }
        impl Versioned for Named {
            const KIND: &str = "name";
            const WHAT: &str = "a file of a name";
            const SCHEMA: u32 = 1;
        }
        let name = "\x1b[31m \u{9b} \u{202e} \u{10ffff} \"ß\" \n 🚀".to_owned();
        let named = Named { schema: 1, name };
        let text = json(&named).expect("all figures are numbers");
        assert!(text.contains(r#""\u001b[31m \u009b \u202e \udbff\udfff \"ß\" \n 🚀""#), "{text}");
        assert_eq!(parse::<Named>(Path::new("name.json"), &text).expect("it can be read"), named);
    }
}

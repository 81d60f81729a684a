//! Text from outside: commit subjects, names, paths and error messages of programs. It must not contain characters that
//! affect a terminal, Markdown or XML.

mod spans;

pub use spans::{Span, spans};

use spans::ticks;
use std::borrow::{Borrow, Cow};

/// Replaces every control or invisible character with a visible one. Line breaks and tabs stay.
///
/// A control character below the space becomes its symbol (`␛`), any other one `�`. XML 1.0 can represent the
/// result.
pub fn harmless(text: &str) -> Cow<'_, str> {
    if text.chars().any(|character| replacement(character).is_some()) {
        text.chars().map(|character| replacement(character).unwrap_or(character)).collect()
    } else {
        Cow::Borrowed(text)
    }
}

/// Returns the text as one line: harmless, with spaces for line breaks and tabs.
pub fn one_line(text: &str) -> String {
    harmless(text.trim_end()).replace(['\n', '\t'], " ")
}

/// Returns the text as one line of Markdown that shows it unchanged. Text between backticks needs no escapes.
pub fn markdown(text: &str) -> String {
    let text = one_line(text);
    let mut escaped = String::with_capacity(text.len());
    for span in spans(&text) {
        match span {
            Span::Words(words) => escape_markdown(words, &mut escaped),
            Span::Code { fence, text } => escaped.extend([fence, text, fence]),
        }
    }
    escaped
}

/// Returns the text as one line of a cell of a Markdown table, in which a bar ends the cell, even within code.
pub fn markdown_cell(text: &str) -> String {
    markdown(text).replace('|', "\\|")
}

/// Returns the text as code in a note, between as many backticks as it needs.
pub fn code(text: &str) -> String {
    let text = one_line(text);
    let mut longest = 0;
    let mut rest = text.as_str();
    while let Some(start) = rest.find('`') {
        let length = ticks(&rest[start..]);
        longest = longest.max(length);
        rest = &rest[start + length..];
    }
    if text.is_empty() {
        return "` `".to_owned();
    }
    let fence = "`".repeat(longest + 1);
    // A space on either side separates a backtick of the text from the fence, and is not shown.
    let space = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    [&fence, space, &text, space, &fence].concat()
}

/// Returns a program's message for a note, without backticks, which would pair with those of the note.
pub fn quoted_message(text: &str) -> String {
    one_line(text).replace('`', "'")
}

fn escape_markdown(text: &str, escaped: &mut String) {
    let mut characters = text.chars().peekable();
    let mut before = ' ';
    while let Some(character) = characters.next() {
        match character {
            '<' => escaped.push_str("&lt;"),
            '&' => escaped.push_str("&amp;"),
            '*' | '\\' | '~' | '`' => escaped.extend(['\\', character]),
            // Within a word it has no meaning.
            '_' if !(before.is_alphanumeric() && characters.peek().is_some_and(|after| after.is_alphanumeric())) => {
                escaped.push_str("\\_");
            }
            // A link, or an image, needs both.
            ']' if matches!(characters.peek(), Some('(' | '[' | ':')) => escaped.push_str("\\]"),
            _ => escaped.push(character),
        }
        before = character;
    }
}

/// Returns the visible replacement of a control or invisible character; `None` for visible ones, line breaks and tabs.
pub fn replacement(character: char) -> Option<char> {
    match character {
        '\n' | '\t' => None,
        '\0'..='\x1f' => char::from_u32(0x2400 + u32::from(character)),
        '\x7f' => Some('␡'),
        // The second set of control characters, which also begin escape sequences.
        '\u{80}'..='\u{9f}'
        // Direction marks, embeddings, overrides and isolates; and other line breaks.
        | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        // Annotations, the byte order mark, and noncharacters.
        | '\u{fff9}'..='\u{fffb}' | '\u{feff}' | '\u{fdd0}'..='\u{fdef}' => Some(char::REPLACEMENT_CHARACTER),
        // The last two of each plane are noncharacters too, and XML excludes two of them.
        other => (u32::from(other) & 0xfffe == 0xfffe).then_some(char::REPLACEMENT_CHARACTER),
    }
}

/// Returns words as a list: `a, b and c`.
pub(crate) fn listed<W: Borrow<str>>(words: &[W]) -> String {
    match words {
        [before @ .., last] if !before.is_empty() => format!("{} and {}", before.join(", "), last.borrow()),
        words => words.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn characters_with_an_effect_are_replaced() {
        assert_eq!(harmless("\x1b[31mred\x07 \r\x7f"), "␛[31mred␇ ␍␡");
        assert_eq!(harmless("a\u{9b}31m \u{202e}txt.exe \u{2066} \u{2028} \u{ffff}"), "a�31m �txt.exe � � �");
        assert_eq!(harmless("two\nlines\tand a tab"), "two\nlines\tand a tab");
        let plain = "Bump: 0.2.4 → 0.2.5, naïve Ωmega 🚀 👩‍🚀 שלום";
        assert!(matches!(harmless(plain), Cow::Borrowed(same) if same == plain));
    }

    #[test]
    fn line_breaks_are_replaced() {
        assert_eq!(one_line("two\r\nlines\tand \u{2029} more\n"), "two␍ lines and � more");
    }

    #[test]
    fn markdown_displays_the_original_text() {
        assert_eq!(markdown("<img src=x> & *a* ~b~"), "&lt;img src=x> &amp; \\*a\\* \\~b\\~");
        assert_eq!(markdown("[here](https://example.org) [+0.3, +2.0]"), "[here\\](https://example.org) [+0.3, +2.0]");
        assert_eq!(markdown("drop __init__ of a_b, _too_"), "drop \\_\\_init\\_\\_ of a_b, \\_too\\_");
        assert_eq!(markdown("by `measure --output <a>` & so"), "by `measure --output <a>` &amp; so");
        assert_eq!(markdown("one ` alone <b>"), "one \\` alone &lt;b>");
        assert_eq!(markdown("``a ` b`` <b>"), "``a ` b`` &lt;b>");
        assert_eq!(markdown_cell("a | b `c | d`"), "a \\| b `c \\| d`");
    }

    #[test]
    fn code_is_between_enough_backticks() {
        assert_eq!(code("cargo bench"), "`cargo bench`");
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("`a``"), "``` `a`` ```");
        assert_eq!(quoted_message("called `unwrap()`\non a `None`"), "called 'unwrap()' on a 'None'");
    }

    proptest! {
        #[test]
        fn any_text_is_valid_in_xml(text in any::<String>()) {
            let content = harmless(&text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            let document = format!("<t>{content}</t>");
            prop_assert!(roxmltree::Document::parse(&document).is_ok());
        }

        #[test]
        fn any_text_stays_within_its_code_span(text in "[a`<| ]{0,12}") {
            let shown = code(&text);
            prop_assert_eq!(markdown(&shown), shown);
        }
    }
}

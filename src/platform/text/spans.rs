//! The code between backticks in a line of text.

/// A part of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span<'a> {
    /// Words. They may contain unclosed backticks.
    Words(&'a str),
    /// Code, and the backticks on either side of it.
    Code {
        /// The backticks.
        fence: &'a str,
        /// The text between them, with the spaces that separate it from them.
        text: &'a str,
    },
}

/// Returns the parts of a line, in order. Code ends at the next run of equally many backticks.
pub fn spans(line: &str) -> Vec<Span<'_>> {
    let mut spans = Vec::new();
    let (mut begin, mut place) = (0, 0);
    while let Some(start) = line[place..].find('`') {
        let fence = &line[place + start..][..ticks(&line[place + start..])];
        let after = place + start + fence.len();
        let Some(end) = closing(&line[after..], fence.len()) else {
            place = after;
            continue;
        };
        if begin < place + start {
            spans.push(Span::Words(&line[begin..place + start]));
        }
        spans.push(Span::Code { fence, text: &line[after..after + end] });
        place = after + end + fence.len();
        begin = place;
    }
    if begin < line.len() {
        spans.push(Span::Words(&line[begin..]));
    }
    spans
}

/// Returns the number of backticks at the beginning of a text.
pub(super) fn ticks(text: &str) -> usize {
    text.len() - text.trim_start_matches('`').len()
}

/// Returns the offset of the next run of exactly this many backticks.
fn closing(text: &str, length: usize) -> Option<usize> {
    let mut place = 0;
    while let Some(start) = text[place..].find('`') {
        let found = ticks(&text[place + start..]);
        if found == length {
            return Some(place + start);
        }
        place += start + found;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_and_words_alternate() {
        let code = |fence, text| Span::Code { fence, text };
        assert_eq!(spans("by `a b`."), [Span::Words("by "), code("`", "a b"), Span::Words(".")]);
        assert_eq!(spans("``a ` b``"), [code("``", "a ` b")]);
        assert_eq!(spans("one ` alone"), [Span::Words("one ` alone")]);
        assert_eq!(spans("`` open `a`"), [Span::Words("`` open "), code("`", "a")]);
        assert!(spans("").is_empty());
    }
}

//! Wrapping of words at a width, because text in a chart does not wrap.

/// The average width of a letter of a chart's text, and of its small text.
pub(crate) const LETTER: f64 = 7.2;
pub(crate) const SMALL_LETTER: f64 = 5.9;

/// Wraps words at a width, for an average width of a letter.
pub(crate) fn wrapped(words: &str, room: f64, letter: f64) -> Vec<String> {
    let most = (room / letter) as usize;
    let mut lines = vec![String::new()];
    for word in words.split(' ') {
        let line = lines.last_mut().expect("there is one");
        if line.is_empty() {
            *line = clipped(word, room, letter);
        } else if line.chars().count() + 1 + word.chars().count() <= most {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(clipped(word, room, letter));
        }
    }
    lines
}

/// Cuts words to a width.
pub(crate) fn clipped(words: &str, room: f64, letter: f64) -> String {
    let most = (room / letter) as usize;
    if words.chars().count() <= most {
        words.to_owned()
    } else {
        format!("{}…", words.chars().take(most.saturating_sub(1)).collect::<String>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_wrapped_and_clipped_to_its_width() {
        assert_eq!(wrapped("one two three four", 90.0, 10.0), ["one two", "three", "four"]);
        assert_eq!(wrapped("a very-long-word here", 60.0, 10.0), ["a", "very-…", "here"]);
        assert_eq!(wrapped("", 60.0, 10.0), [""]);
        assert_eq!(clipped("abcdef", 60.0, 10.0), "abcdef");
        assert_eq!(clipped("abcdefg", 60.0, 10.0), "abcde…");
    }
}

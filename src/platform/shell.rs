//! Commands that can be pasted into a shell.

use crate::platform::text;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Returns a command that can be pasted into a shell: its variables and words, each quoted if it must be.
pub(crate) fn command<'a>(
    variables: impl IntoIterator<Item = (&'a str, &'a OsStr)>,
    words: impl IntoIterator<Item = &'a OsStr>,
) -> String {
    let variables = variables.into_iter().map(|(name, value)| format!("{name}={}", quoted(value)));
    variables.chain(words.into_iter().map(word)).collect::<Vec<_>>().join(" ")
}

/// Returns a word of a command. In a flag with a value only the value is quoted: `--output='my folder'`.
fn word(word: &OsStr) -> String {
    match flag_and_value(word) {
        Some((flag, value)) => format!("{flag}={}", quoted(value)),
        None => quoted(word),
    }
}

/// Splits `--flag=value`, if the flag's name needs no quotes.
fn flag_and_value(word: &OsStr) -> Option<(&str, &OsStr)> {
    let place = word.as_bytes().iter().position(|&byte| byte == b'=')?;
    let flag = std::str::from_utf8(&word.as_bytes()[..place]).ok()?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let is_flag = flag.starts_with("--") && flag.bytes().all(is_plain);
    is_flag.then(|| (flag, OsStr::from_bytes(&word.as_bytes()[place + 1..])))
}

/// Returns a word with the quotes that a shell needs. Invisible characters and bytes that are not text are written as
/// `$'…'`, which bash, zsh, ksh and the POSIX shell of 2024 support.
pub(crate) fn quoted(word: &OsStr) -> String {
    let is_seen = |text: &&str| {
        text.chars().all(|character| !matches!(character, '\n' | '\t') && text::replacement(character).is_none())
    };
    match word.to_str().filter(is_seen).and_then(|text| shlex::try_quote(text).ok()) {
        Some(quoted) => quoted.into_owned(),
        None => {
            let escaped = word.as_bytes().utf8_chunks().map(|chunk| {
                let text: String = chunk.valid().chars().map(escaped).collect();
                text + &chunk.invalid().iter().map(octal).collect::<String>()
            });
            format!("$'{}'", escaped.collect::<String>())
        }
    }
}

fn escaped(character: char) -> String {
    match character {
        '\n' => "\\n".to_owned(),
        '\t' => "\\t".to_owned(),
        '\\' | '\'' => format!("\\{character}"),
        _ if text::replacement(character).is_some() => character.to_string().bytes().map(|byte| octal(&byte)).collect(),
        _ => character.to_string(),
    }
}

/// Returns a byte as three octal digits, which no following digit can extend.
fn octal(byte: &u8) -> String {
    format!("\\{byte:03o}")
}

/// Returns the words with their paths relative to a folder. A path is a whole word, or the whole value of a flag. The
/// result has the same meaning in that folder: it is never mistaken for a flag, or for a word that is not a path.
pub(crate) fn relative_to(folder: &Path, words: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let relative = words.into_iter().map(|word| {
        let shortened = match flag_and_value(&word) {
            Some((flag, value)) => within(folder, value).map(|path| {
                let mut word = OsString::from(format!("{flag}="));
                word.push(path);
                word
            }),
            // A bare name may also be a version.
            None => within(folder, &word).map(|path| if path.as_bytes().contains(&b'/') { path } else { bare(&path) }),
        };
        shortened.unwrap_or(word)
    });
    relative.collect()
}

/// Returns a path relative to a folder above it; `None` if it is elsewhere.
pub(crate) fn within(folder: &Path, path: &OsStr) -> Option<OsString> {
    let folder = folder.as_os_str().as_bytes();
    let rest = path.as_bytes().strip_prefix(folder).filter(|_| folder.starts_with(b"/") && folder != b"/")?;
    match rest {
        [] | [b'/'] => Some(".".into()),
        // A second slash would begin an absolute path, and a hyphen a flag.
        [b'/', b'/', ..] => None,
        [b'/', rest @ ..] if rest.starts_with(b"-") => Some(bare(OsStr::from_bytes(rest))),
        [b'/', rest @ ..] => Some(OsStr::from_bytes(rest).to_owned()),
        _ => None,
    }
}

/// Returns a name as a path that cannot be mistaken for anything else.
fn bare(name: &OsStr) -> OsString {
    if name == "." { name.to_owned() } else { [OsStr::new("./"), name].into_iter().collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pasted(words: &[&str]) -> String {
        command([], words.iter().map(OsStr::new))
    }

    #[test]
    fn words_are_quoted_where_necessary() {
        assert_eq!(pasted(&["measure", "--output", "my dir/r.json"]), "measure --output 'my dir/r.json'");
        assert_eq!(pasted(&["--output=my dir/r.json", "--scale=0.1"]), "--output='my dir/r.json' --scale=0.1");
        assert_eq!(pasted(&["cycles/(full|allocator)", "", "it's"]), "'cycles/(full|allocator)' '' \"it's\"");
        assert_eq!(pasted(&["--output="]), "--output=''");
        let limit = command([("LIMIT", OsStr::new("a b"))], [OsStr::new("measure")]);
        assert_eq!(limit, "LIMIT='a b' measure");
    }

    #[test]
    fn invalid_and_invisible_characters_are_escaped() {
        assert_eq!(quoted(OsStr::from_bytes(b"d\xff/r.json")), r"$'d\377/r.json'");
        assert_eq!(quoted(OsStr::new("a\nb\x1b1\u{202e}'\\ß")), r"$'a\nb\0331\342\200\256\'\\ß'");
    }

    #[test]
    fn a_path_is_shortened_if_its_meaning_stays_the_same() {
        let here = |words: &[&str]| {
            let words = relative_to(Path::new("/tmp"), words.iter().map(OsString::from));
            words.into_iter().map(|word| word.into_string().expect("text")).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(here(&["--output", "/var/tmp/t7/r.json"]), "--output /var/tmp/t7/r.json");
        assert_eq!(here(&["--output=/var/tmp/r.json"]), "--output=/var/tmp/r.json");
        assert_eq!(here(&["--output", "/tmp/t7/r.json", "--output=/tmp/r.json"]), "--output t7/r.json --output=r.json");
        assert_eq!(here(&["--output", "/tmp", "--output=/tmp", "/tmpfs/a"]), "--output . --output=. /tmpfs/a");
        assert_eq!(here(&["compare", "/tmp/0.2.5", "/tmp/m@/tmp/x"]), "compare ./0.2.5 m@/tmp/x");
        assert_eq!(here(&["--output", "/tmp/-r.json", "--log=/tmp//r.json"]), "--output ./-r.json --log=/tmp//r.json");
        assert_eq!(relative_to(Path::new("/"), ["/a".into()]), ["/a"]);
        assert_eq!(relative_to(Path::new(""), ["/a".into()]), ["/a"]);
    }

    proptest! {
        /// A shell reads a quoted word as the original.
        #[test]
        fn a_shell_reads_the_original_words(words in prop::collection::vec("[^\\x00-\\x1f\\x7f-\\u{9f}]{0,8}", 1..4)) {
            let text = command([], words.iter().map(OsStr::new));
            if !text.contains("$'") {
                prop_assert_eq!(shlex::split(&text), Some(words));
            }
        }
    }
}

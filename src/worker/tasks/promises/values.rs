//! Promises on named values: their names, types and sizes, and which of them are live.

use super::facts::Facts;
use super::planted::{answered, named_level, prepare};
use crate::tracking::memscope::{self, Listed};
use crate::worker::task::TaskError;
use crate::workloads::Tracker;
use std::rc::Rc;
use std::sync::Arc;

/// A named value: its name, its type without the module path, and its bytes. Bytes of a shared value are left out,
/// because a version may or may not include its reference counts.
struct Value {
    name: &'static str,
    container: &'static str,
    content: Option<&'static str>,
    size: Option<u64>,
}

/// The values of [`named`].
const VALUES: [Value; 5] = [
    Value { name: "numbers", container: "Vec", content: Some("u64"), size: Some(64) },
    Value { name: "text", container: "String", content: None, size: Some(40) },
    Value { name: "boxed", container: "Box", content: Some("[u8; 48]"), size: Some(48) },
    Value { name: "counted", container: "Rc", content: Some("u32"), size: None },
    Value { name: "shared", container: "Arc", content: Some("u16"), size: None },
];

/// Names the values, and lets memscope list them while they live.
fn named() -> Result<Result<Vec<Listed>, String>, TaskError> {
    let ask = memscope::VALUES.map_err(TaskError::Unsupported)?;
    let session = prepare(named_level()?)?;
    let names = session.tracker();
    let values = session.window(|| {
        let numbers: Vec<u64> = Vec::with_capacity(8);
        names.vec(VALUES[0].name, &numbers);
        let text = String::with_capacity(40);
        names.string(VALUES[1].name, &text);
        let boxed = Box::new([1_u8; 48]);
        names.boxed(VALUES[2].name, &boxed);
        let counted = Rc::new(1_u32);
        names.rc(VALUES[3].name, &counted);
        let shared = Arc::new(1_u16);
        names.arc(VALUES[4].name, &shared);
        (numbers, text, boxed, counted, shared)
    });
    let listed = ask();
    drop(values);
    Ok(listed)
}

/// Lists the names.
pub(super) fn names() -> Result<Facts, TaskError> {
    Ok(judge(named()?, |value| vec![value.name.to_owned()], |entry| vec![name_of(entry)]))
}

/// Lists the types.
pub(super) fn types() -> Result<Facts, TaskError> {
    Ok(judge(named()?, expected_types, reported_types))
}

/// Lists the sizes.
pub(super) fn sizes() -> Result<Facts, TaskError> {
    Ok(judge(named()?, expected_sizes, reported_sizes))
}

fn judge(
    listed: Result<Vec<Listed>, String>,
    expected: impl Fn(&Value) -> Vec<String>,
    reported: impl Fn(&Listed) -> Vec<String>,
) -> Facts {
    Facts {
        expected: VALUES.iter().flat_map(expected).collect(),
        reported: answered(listed, |listed| listed.iter().flat_map(reported).collect()),
    }
}

fn name_of(entry: &Listed) -> String {
    entry.name.clone().unwrap_or_else(|| "a value without a name".to_owned())
}

fn expected_types(value: &Value) -> Vec<String> {
    let content = value.content.map(|content| format!("{} holds {content}", value.name));
    [Some(format!("{} is a {}", value.name, value.container)), content].into_iter().flatten().collect()
}

fn reported_types(entry: &Listed) -> Vec<String> {
    let name = name_of(entry);
    let Some(type_name) = &entry.type_name else { return Vec::new() };
    let plain = without_paths(type_name);
    let (container, content) = match plain.split_once('<') {
        Some((container, content)) => (container, content.strip_suffix('>')),
        None => (plain.as_str(), None),
    };
    // A parameter's own name, as in `Vec<T>`, is not a type.
    let content = content.filter(|content| content.len() > 1).map(|content| format!("{name} holds {content}"));
    [Some(format!("{name} is a {container}")), content].into_iter().flatten().collect()
}

fn expected_sizes(value: &Value) -> Vec<String> {
    value.size.map(|size| format!("{} has {size} B", value.name)).into_iter().collect()
}

fn reported_sizes(entry: &Listed) -> Vec<String> {
    let name = name_of(entry);
    let is_open = VALUES.iter().any(|value| value.name == name && value.size.is_none());
    if is_open { Vec::new() } else { vec![format!("{name} has {} B", entry.size)] }
}

/// Removes the modules before names: `Vec<u64>` for `alloc::vec::Vec<u64>`.
fn without_paths(type_name: &str) -> String {
    let mut plain = String::new();
    let mut word = String::new();
    let mut letters = type_name.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter.is_alphanumeric() || letter == '_' {
            word.push(letter);
        } else if letter == ':' && letters.peek() == Some(&':') {
            letters.next();
            word.clear();
        } else {
            plain += &std::mem::take(&mut word);
            plain.push(letter);
        }
    }
    plain + &word
}

/// The names of the values of [`live`].
const EIGHT: [&str; 8] = ["one", "two", "three", "four", "five", "six", "seven", "eight"];

/// Names eight vectors, drops every other one, and lists those that are left.
pub(super) fn live() -> Result<Facts, TaskError> {
    let ask = memscope::LIVE_VALUES.map_err(TaskError::Unsupported)?;
    let session = prepare(named_level()?)?;
    let mut kept: Vec<Vec<u8>> = Vec::with_capacity(EIGHT.len());
    session.window(|| {
        let made = EIGHT.map(|name| {
            let value = vec![1_u8; 100];
            session.tracker().vec(name, &value);
            value
        });
        // All values are created before the first is dropped, so no address is used twice.
        kept.extend(made.into_iter().step_by(2));
    });
    let listed = ask();
    drop(kept);
    Ok(judge_live(listed))
}

fn judge_live(listed: Result<Vec<Listed>, String>) -> Facts {
    let fact = |name: &str| format!("{name} is live");
    // Blocks without a name are not values.
    let named = |listed: &[Listed]| listed.iter().filter_map(|entry| Some(fact(entry.name.as_ref()?))).collect();
    Facts { expected: EIGHT.iter().step_by(2).map(|name| fact(name)).collect(), reported: answered(listed, named) }
}

#[cfg(test)]
mod tests {
    use super::super::facts::tests::notices_every_mutation;
    use super::*;

    fn right() -> Vec<Listed> {
        let listed = |value: &Value| Listed {
            name: Some(value.name.to_owned()),
            type_name: Some(match value.content {
                Some(content) => format!("alloc::some::{}<{content}>", value.container),
                None => format!("alloc::{}", value.container),
            }),
            size: value.size.unwrap_or(24),
            ..Listed::default()
        };
        VALUES.iter().map(listed).collect()
    }

    fn added() -> Listed {
        Listed { name: Some("another".to_owned()), type_name: Some("u8".to_owned()), size: 1, ..Listed::default() }
    }

    #[test]
    fn a_wrong_name_or_type_is_noticed() {
        let names = |report: &[Listed]| {
            judge(Ok(report.to_vec()), |value| vec![value.name.to_owned()], |entry| vec![name_of(entry)])
        };
        notices_every_mutation(
            names,
            &right(),
            &added(),
            &[|entry| entry.name = None, |entry| entry.name = Some("other".to_owned())],
        );
        let types = |report: &[Listed]| judge(Ok(report.to_vec()), expected_types, reported_types);
        notices_every_mutation(
            types,
            &right(),
            &added(),
            &[
                |entry| entry.type_name = None,
                |entry| entry.type_name = Some("alloc::vec::Vec<i64>".to_owned()),
                |entry| entry.type_name = Some("HashMap<u64, u64>".to_owned()),
            ],
        );
    }

    #[test]
    fn a_wrong_size_is_noticed() {
        let sizes = |report: &[Listed]| judge(Ok(report.to_vec()), expected_sizes, reported_sizes);
        let sized: Vec<Listed> = right().into_iter().take(3).collect();
        notices_every_mutation(sizes, &sized, &added(), &[|entry| entry.size -= 1, |entry| entry.name = None]);
        assert!(sizes(&right()).compare().is_perfect(), "the sizes of shared values are not checked");
    }

    #[test]
    fn a_wrong_list_of_live_values_is_noticed() {
        let listed = |name: &&str| Listed { name: Some((*name).to_owned()), ..Listed::default() };
        let right: Vec<Listed> = EIGHT.iter().step_by(2).map(listed).collect();
        let judged = |report: &[Listed]| judge_live(Ok(report.to_vec()));
        notices_every_mutation(judged, &right, &listed(&EIGHT[1]), &[|entry| entry.name = None]);
        notices_every_mutation(judged, &right, &right[0], &[]);
        assert_eq!(judge_live(Err("no\nmore".to_owned())).compare().invented, ["an error: no"]);
    }

    #[test]
    fn types_lose_only_their_modules() {
        assert_eq!(without_paths("alloc::vec::Vec<core::option::Option<u64>>"), "Vec<Option<u64>>");
        assert_eq!(without_paths("alloc::boxed::Box<[u8; 48]>"), "Box<[u8; 48]>");
        assert_eq!(without_paths("String"), "String");
        let listed = Listed { type_name: Some("Vec<T>".to_owned()), ..right().remove(0) };
        assert_eq!(reported_types(&listed), ["numbers is a Vec"], "`T` is not a type");
    }
}

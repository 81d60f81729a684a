//! The content of exports: entries with a name and a size in JSON, in pages with data in them, and in charts.

use serde_json::{Map, Value};
use std::fs;
use std::path::Path;

/// Content of an export.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Content {
    /// Names with sizes, each pair once.
    pub entries: Vec<(String, Option<u64>)>,
    /// Values of fields that count all allocations, each once.
    pub counts: Vec<u64>,
    /// Values of fields that sum all bytes, each once.
    pub bytes: Vec<u64>,
}

/// Fields that name a value.
const NAMES: [&str; 4] = ["var_name", "variable_name", "name", "var"];
/// Fields with a value's bytes.
const SIZES: [&str; 3] = ["size", "size_bytes", "total_size"];
/// Fields that count all allocations.
const COUNTS: [&str; 2] = ["total_allocations", "allocation_count"];
/// Fields that sum all bytes.
const BYTES: [&str; 6] = [
    "total_size_bytes",
    "total_memory",
    "total_memory_bytes",
    "total_allocated",
    "total_allocated_bytes",
    "total_bytes",
];

impl Content {
    /// Reads all files at a path or below it. Only these names belong to the program.
    pub(super) fn read(path: &Path, names: &[&str]) -> Self {
        let mut content = Self::default();
        content.read_below(path, names);
        content.settle();
        content
    }

    /// Returns the content of one text.
    #[cfg(test)]
    fn of(text: &str, is_json: bool, names: &[&str]) -> Self {
        let mut content = Self::default();
        content.read_text(text, is_json, names);
        content.settle();
        content
    }

    /// Removes repeated entries.
    fn settle(&mut self) {
        self.entries.sort();
        self.entries.dedup();
        // A name without a size adds nothing to one with a size.
        let sized: Vec<String> =
            self.entries.iter().filter(|entry| entry.1.is_some()).map(|entry| entry.0.clone()).collect();
        self.entries.retain(|(name, size)| size.is_some() || !sized.contains(name));
        for numbers in [&mut self.counts, &mut self.bytes] {
            numbers.sort_unstable();
            numbers.dedup();
        }
    }

    fn read_below(&mut self, path: &Path, names: &[&str]) {
        if let Ok(entries) = path.read_dir() {
            entries.filter_map(Result::ok).for_each(|entry| self.read_below(&entry.path(), names));
            return;
        }
        let is_json = path.extension().is_some_and(|ending| ending == "json");
        if let Ok(bytes) = fs::read(path) {
            self.read_text(&String::from_utf8_lossy(&bytes), is_json, names);
        }
    }

    fn read_text(&mut self, text: &str, is_json: bool, names: &[&str]) {
        let values = if is_json { serde_json::from_str(text).into_iter().collect() } else { embedded(text) };
        let mut own = Self::default();
        values.iter().for_each(|value| own.walk(value, names));
        if own.entries.is_empty() {
            // Totals of a file that lists no value are totals of something else.
            own = Self::default();
        }
        if !is_json {
            // A chart only has texts, and a page has some values in its tables and others in its data.
            let is_listed = |name: &str| own.entries.iter().any(|(listed, _)| listed == name);
            let shown = names.iter().filter(|name| !is_listed(name) && text.contains(**name));
            let shown: Vec<_> = shown.map(|name| ((*name).to_owned(), size_beside(text, name))).collect();
            own.entries.extend(shown);
        }
        self.entries.append(&mut own.entries);
        self.counts.append(&mut own.counts);
        self.bytes.append(&mut own.bytes);
    }

    fn walk(&mut self, value: &Value, names: &[&str]) {
        match value {
            Value::Array(values) => values.iter().for_each(|value| self.walk(value, names)),
            Value::Object(fields) => {
                self.read_fields(fields, names);
                fields.values().for_each(|value| self.walk(value, names));
            }
            _ => {}
        }
    }

    fn read_fields(&mut self, fields: &Map<String, Value>, names: &[&str]) {
        let number = |keys: &[&str]| keys.iter().find_map(|key| fields.get(*key)?.as_u64());
        let name = NAMES.iter().find_map(|key| fields.get(*key)?.as_str());
        match name {
            Some(name) if names.contains(&name) => self.entries.push((name.to_owned(), number(&SIZES))),
            // Sums of a part, such as a type or a thread, have a different name.
            Some(_) => {}
            None => {
                self.counts.extend(number(&COUNTS));
                self.bytes.extend(number(&BYTES));
            }
        }
    }
}

/// Returns the JSON that a page's scripts contain: values after `=`, `(` or `>`.
fn embedded(text: &str) -> Vec<Value> {
    let mut values = Vec::new();
    let mut from = 0;
    while let Some(place) = text[from..].find(['{', '[']).map(|place| from + place) {
        from = place + 1;
        let before = text[..place].trim_end().chars().next_back();
        if !matches!(before, Some('=' | '(' | '>')) {
            continue;
        }
        let mut values_here = serde_json::Deserializer::from_str(&text[place..]).into_iter::<Value>();
        if let Some(Ok(value)) = values_here.next() {
            from = place + values_here.byte_offset();
            values.push(value);
        }
    }
    values
}

/// Returns the bytes that a chart or a table shows right after a name: the first number with a unit, in the next few
/// words.
fn size_beside(text: &str, name: &str) -> Option<u64> {
    text.match_indices(name).find_map(|(place, _)| {
        let after: String = text[place + name.len()..].chars().take(120).collect();
        let mut rest = after.as_str();
        while let Some(begin) = rest.find(|letter: char| letter.is_ascii_digit()) {
            let number = &rest[begin..];
            let end = number.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(number.len());
            let unit = number[end..].trim_start();
            if ["B<", "B ", "B)", "bytes"].iter().any(|known| unit.starts_with(known)) {
                return number[..end].parse().ok();
            }
            rest = &number[end..];
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 2] = ["shelf", "drawer"];

    fn entry(name: &str, size: Option<u64>) -> (String, Option<u64>) {
        (name.to_owned(), size)
    }

    #[test]
    fn entries_and_totals_are_found_at_any_depth() {
        let json = r#"{"stats": {"total_allocations": 2, "total_memory_bytes": 104},
            "allocations": [{"var_name": "shelf", "size": 64, "type": {"name": "Vec<u64>", "size": 24}},
                            {"var_name": "drawer", "size": 40}, {"var_name": "shelf", "size": 64}],
            "threads": [{"name": "main", "total_allocations": 9}]}"#;
        let content = Content::of(json, true, &NAMES);
        assert_eq!(content.entries, [entry("drawer", Some(40)), entry("shelf", Some(64))]);
        assert_eq!((content.counts, content.bytes), (vec![2], vec![104]));
    }

    #[test]
    fn a_page_has_json_in_its_scripts() {
        let page = r#"<html><script>const data = {"allocations": [{"var_name": "shelf", "size": 7}]};
            function f(x) { if (x) { return [1, 2; } }</script> <script type="json">[{"var": "drawer"}]</script>"#;
        let content = Content::of(page, false, &NAMES);
        assert_eq!(content.entries, [entry("drawer", None), entry("shelf", Some(7))]);
        let with_table = page.replace(r#"[{"var": "drawer"}]"#, "") + "<td>drawer</td><td>0x10</td><td>8 bytes</td>";
        let content = Content::of(&with_table, false, &NAMES);
        assert_eq!(content.entries, [entry("drawer", Some(8)), entry("shelf", Some(7))]);
    }

    #[test]
    fn a_picture_has_texts() {
        let picture = "<svg><text>shelf</text><text>(64 B)</text><text>drawer, large</text></svg>";
        let content = Content::of(picture, false, &NAMES);
        assert_eq!(content.entries, [entry("drawer", None), entry("shelf", Some(64))]);
    }

    #[test]
    fn text_without_a_list_of_values_has_no_content() {
        assert_eq!(Content::of("{\"var_name\": \"shelf\"", true, &NAMES), Content::default());
        let of_tasks = r#"{"summary": {"total_allocations": 0}, "tasks": [{"name": "main"}]}"#;
        assert_eq!(Content::of(of_tasks, true, &NAMES), Content::default());
    }
}

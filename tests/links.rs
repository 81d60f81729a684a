//! The links of all documents: their target files, images and headings exist. External addresses are well-formed; they
//! are not fetched, because tests do not depend on a network.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Component, Path, PathBuf};

/// Folders without documents of this repository.
const SKIPPED: [&str; 3] = [".cargo", ".git", "target"];

/// The parts of a document that concern links.
#[derive(Debug, Default, PartialEq, Eq)]
struct Document {
    /// The addresses of links and pictures.
    links: Vec<String>,
    /// The anchors of its headings.
    anchors: Vec<String>,
    /// Markup that is not Markdown, whose links would be missed.
    markup: Vec<String>,
}

impl Document {
    fn read(text: &str) -> Self {
        let mut document = Self::default();
        let mut heading: Option<String> = None;
        let mut seen: HashMap<String, usize> = HashMap::new();
        for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
            match event {
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    document.links.push(dest_url.into_string());
                }
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::End(TagEnd::Heading(_)) => {
                    let name = slug(&heading.take().unwrap_or_default());
                    let count = seen.entry(name.clone()).and_modify(|count| *count += 1).or_default();
                    document.anchors.push(if *count == 0 { name } else { format!("{name}-{count}") });
                }
                Event::Text(words) | Event::Code(words) => {
                    if let Some(heading) = &mut heading {
                        heading.push_str(&words);
                    }
                }
                Event::Html(markup) | Event::InlineHtml(markup) if !markup.trim_start().starts_with("<!--") => {
                    document.markup.push(markup.into_string());
                }
                _ => {}
            }
        }
        document
    }
}

/// Returns the anchor of a heading on GitHub.
fn slug(heading: &str) -> String {
    let kept = heading.trim().chars().filter(|&letter| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_'));
    kept.map(|letter| if letter == ' ' { '-' } else { letter }).flat_map(char::to_lowercase).collect()
}

/// Returns the documents below a folder of the package, by their paths from there.
fn documents(folder: &Path, found: &mut BTreeMap<PathBuf, Document>) {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    for entry in fs::read_dir(package.join(folder)).expect("a folder") {
        let entry = entry.expect("it can be read");
        let path = folder.join(entry.file_name());
        if entry.path().is_dir() {
            // Cargo marks its folders of artifacts and its caches.
            let is_cargo_s = entry.path().join("CACHEDIR.TAG").exists();
            if !is_cargo_s && !SKIPPED.iter().any(|skipped| path.file_name() == Some(skipped.as_ref())) {
                documents(&path, found);
            }
        } else if path.extension().is_some_and(|extension| extension == "md") {
            let text = fs::read_to_string(entry.path()).expect("a document");
            found.insert(path, Document::read(&text));
        }
    }
}

/// Returns the error of a link of a document, if any.
fn fault(from: &Path, link: &str, documents: &BTreeMap<PathBuf, Document>) -> Option<String> {
    if link.contains(':') {
        return (!is_address(link)).then(|| "it is no address that begins with https://".to_owned());
    }
    let (path, anchor) = link.split_once('#').map_or((link, None), |(path, anchor)| (path, Some(anchor)));
    let to = if path.is_empty() { from.to_owned() } else { plain(&from.with_file_name(path)) };
    if to.starts_with("..") || !Path::new(env!("CARGO_MANIFEST_DIR")).join(&to).exists() {
        return Some(format!("there is no {}", to.display()));
    }
    let anchors = &documents.get(&to).map(|document| &document.anchors);
    match (anchor, anchors) {
        (Some(anchor), Some(anchors)) if !anchors.iter().any(|known| known == anchor) => {
            Some(format!("{} has no heading '{anchor}', but {}", to.display(), anchors.join(", ")))
        }
        (Some(_), None) => Some(format!("{} has no headings", to.display())),
        _ => None,
    }
}

/// Returns whether a link is an external address: a host with a dot, and no characters that must be escaped.
fn is_address(link: &str) -> bool {
    let Some(rest) = link.strip_prefix("https://") else { return false };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let is_name = host
        .split('.')
        .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'));
    is_name && host.contains('.') && rest.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>\"\\^`{|}".contains(&byte))
}

/// Returns a relative path without parent steps, except at its beginning.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir if !plain.as_os_str().is_empty() && !plain.ends_with("..") => _ = plain.pop(),
            part => plain.push(part),
        }
    }
    plain
}

#[test]
fn every_link_leads_somewhere() {
    let mut all = BTreeMap::new();
    documents(Path::new(""), &mut all);
    assert!(all.contains_key(Path::new("README.md")) && all.contains_key(Path::new("docs/GLOSSARY.md")));
    let mut faults = Vec::new();
    for (path, document) in &all {
        let wrong = document.links.iter().filter_map(|link| Some((link, fault(path, link, &all)?)));
        faults.extend(wrong.map(|(link, why)| format!("{}: {link}: {why}", path.display())));
        let unseen = document.markup.iter().map(|markup| format!("{}: {markup}: links in HTML", path.display()));
        faults.extend(unseen);
    }
    let links: usize = all.values().map(|document| document.links.len()).sum();
    assert!(links > 100, "only {links} links were found");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_link_that_leads_nowhere_is_found() {
    let text = "# A title\n\n## `soak`: what, then?\n\n## A title\n\n[a](b.md) ![c](d.svg \"e\") <https://f.org>\n\n[g]: h\n\n[x][g]\n";
    let read = Document::read(text);
    assert_eq!(read.links, ["b.md", "d.svg", "https://f.org", "h"]);
    assert_eq!(read.anchors, ["a-title", "soak-what-then", "a-title-1"]);
    assert_eq!(Document::read("<img src=\"x\">\n\n<!-- fine -->\n").markup.len(), 1);

    let all = BTreeMap::from([(PathBuf::from("docs/CHECK.md"), read)]);
    let fault = |link: &str| fault(Path::new("docs/CHECK.md"), link, &all);
    for right in
        ["https://example.org/a?b#c", "../README.md", "COMPARE.md", "#a-title-1", "CHECK.md#soak-what-then", "../docs"]
    {
        assert_eq!(fault(right), None, "{right}");
    }
    for wrong in [
        "http://example.org",
        "https://localhost",
        "https://a b.org",
        "https://.org",
        "https://example.org/a b",
        "mailto:me",
        "README.md",
        "../../work",
        "#b-title",
        "../README.md#nowhere-at-all",
        "CHECK.md#",
    ] {
        assert!(fault(wrong).is_some(), "{wrong}");
    }
}

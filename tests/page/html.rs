//! A page as text: it is well-formed XML, so an XML parser can read it.

use roxmltree::{Document, Node, ParsingOptions};
use std::collections::BTreeMap;

pub struct Page<'t> {
    document: Document<'t>,
}

impl<'t> Page<'t> {
    pub fn parse(text: &'t str) -> Self {
        let options = ParsingOptions { allow_dtd: true, ..ParsingOptions::default() };
        Self { document: Document::parse_with_options(text, options).expect("the page is well-formed") }
    }

    /// Returns the elements of a name, of HTML and of charts.
    pub fn all(&self, name: &str) -> impl Iterator<Item = Node<'_, 't>> {
        self.document.descendants().filter(move |node| node.is_element() && node.tag_name().name() == name)
    }

    /// Returns the texts of all elements of a name together.
    pub fn all_of(&self, name: &str) -> String {
        self.all(name).map(text).collect()
    }

    /// Returns the values of an attribute, in order.
    pub fn attributes(&self, name: &str) -> Vec<&str> {
        self.document.descendants().filter_map(|node| node.attribute(name)).collect()
    }

    /// Returns the addresses that a browser loads by itself.
    pub fn loaded(&self) -> Vec<&str> {
        let linked = self.document.descendants().filter(|node| !node.has_tag_name("a"));
        linked.filter_map(|node| node.attribute("href")).filter(|address| !address.starts_with('#')).collect()
    }

    /// Returns the text of the element with an id.
    pub fn text_of(&self, id: &str) -> String {
        let found = self.document.descendants().find(|node| node.attribute("id") == Some(id));
        text(found.unwrap_or_else(|| panic!("there is no {id}")))
    }

    /// Returns the cells of all tables, by their file.
    pub fn cells(&self) -> BTreeMap<String, Vec<String>> {
        let mut cells: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for holder in self.all("article").chain(self.all("details").filter(|node| has_class(*node, "workload"))) {
            let footer = holder.descendants().find(|node| node.has_tag_name("footer")).expect("it ends with its file");
            let file = footer.descendants().find(|node| node.has_tag_name("a")).expect("the raw data");
            let of_file = cells.entry(text(file)).or_default();
            of_file.extend(holder.descendants().filter(|node| node.has_tag_name("td")).map(text));
        }
        cells
    }
}

fn has_class(node: Node, class: &str) -> bool {
    node.attribute("class").is_some_and(|classes| classes.split(' ').any(|one| one == class))
}

fn text(node: Node) -> String {
    node.descendants().filter(|node| node.is_text()).filter_map(|node| node.text()).collect()
}

/// Returns the cells and headings of Markdown, as readers see them.
pub fn markdown_cells(markdown: &str) -> impl Iterator<Item = String> {
    let plain = |text: &str| {
        let text = text.replace("\\|", "|").replace("&lt;", "<").replace("&amp;", "&");
        text.trim().chars().filter(|letter| !matches!(letter, '\\' | '`')).collect::<String>()
    };
    markdown.lines().flat_map(move |line| {
        let cells: Vec<String> = match line.strip_prefix("## ") {
            Some(heading) => vec![plain(heading)],
            // A bar within a cell is escaped.
            None => line.replace("\\|", "\u{1}").split('|').map(|cell| plain(&cell.replace('\u{1}', "|"))).collect(),
        };
        cells
    })
}

/// Decodes the path of a URL.
pub fn decoded(address: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = address.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match hex.and_then(|digits| u8::from_str_radix(digits, 16).ok()).filter(|_| byte == b'%') {
            Some(decoded) => {
                bytes.push(decoded);
                rest = &after[2..];
            }
            None => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).expect("the address is text")
}

//! A results file in its section: its chart, its tables and notes, and the command that repeats it.

use super::found::ResultsFile;
use crate::platform::files::address;
use crate::platform::text;
use crate::report::chart::inline::inlined;
use crate::report::document::{Document, Part};
use crate::report::html::{self, Html};
use crate::report::origin::Origin;
use crate::study::Study;
use crate::study::kept::{Kept, Visitor};
use askama::Template;
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;
use std::path::Path;

/// A results file in its section.
#[derive(Template)]
#[template(path = "exhibit.html", config = "src/report/html/askama.toml")]
pub(super) struct Exhibit {
    /// The name in addresses.
    pub name: String,
    /// The path of the file.
    title: String,
    /// The address of the file.
    address: String,
    hash: String,
    origins: Vec<OriginView>,
    lead: Html,
    picture: Option<Html>,
    /// The address of a chart that contains scripts.
    flame_graph: Option<String>,
    /// The addresses of the report and the chart that are not in the page.
    elsewhere: Vec<String>,
    body: Html,
    /// False for an additional file, which is folded.
    is_open: bool,
}

/// The place and the time of a part of a file.
struct OriginView {
    part: &'static str,
    command: String,
    features: String,
    started: DateTime<Utc>,
    memscope: String,
    processor: String,
}

impl Exhibit {
    /// Returns a file's exhibit for a page in a folder. `names` are already used.
    pub(super) fn of(file: &ResultsFile, folder: &Path, is_open: bool, names: &mut BTreeSet<String>) -> Self {
        let Drawn { mut document, chart, origins } = file.kept.visit(&mut Draw);
        if matches!(file.kept, Kept::Trackers(_)) {
            document = document.merged("workload");
        }
        let name = unique_name(&file.path, names);
        let title = text::one_line(&file.path.display().to_string());
        // An additional file shows its answer and leads to the rest, because the page would grow with each.
        let [report, beside] = ["md", "svg"].map(|ending| file.path.with_extension(ending));
        let is_brief = !is_open && report.is_file();
        if is_brief {
            let answer = lead(&document);
            document.parts.truncate(answer);
        }
        let elsewhere = [&report, &beside].into_iter().filter(|path| is_brief && path.is_file());
        let elsewhere = elsewhere.map(|path| address(folder, path)).collect();
        let chart = chart.filter(|_| !is_brief || !beside.is_file());
        // A flame graph contains scripts, so it stays a separate file.
        let (scripted, plain): (Option<String>, Option<String>) = chart
            .map_or((None, None), |svg| if svg.contains("<script") { (Some(svg), None) } else { (None, Some(svg)) });
        let flame_graph = scripted.filter(|_| beside.is_file()).map(|_| address(folder, &beside));
        let picture = plain.map(|svg| Html::picture(inlined(&svg, &format!("{name}-picture"))));
        // The sentences and a small table at the beginning of a report are above its chart.
        let lead = if picture.is_some() { document.parts.drain(..lead(&document)).collect() } else { Vec::new() };
        let has_table = lead.iter().any(|part| matches!(part, Part::Table(_)));
        Self {
            lead: html::draw(&Document { parts: lead }, &format!("{name}-lead"), &title),
            body: html::draw_below(has_table, &document, &name, &title),
            address: address(folder, &file.path),
            hash: file.hash.clone(),
            name,
            title,
            origins,
            picture,
            flame_graph,
            elsewhere,
            is_open,
        }
    }

    /// Draws the exhibit.
    pub(super) fn html(&self) -> Html {
        Html::of(self)
    }

    /// Returns the time of the newest measured part.
    pub(super) fn newest(&self) -> Option<DateTime<Utc>> {
        self.origins.iter().map(|origin| origin.started).max()
    }
}

/// Returns the number of parts at the beginning of a report that are sentences, or small tables below them.
fn lead(document: &Document) -> usize {
    /// The maximum number of rows of a table above the chart.
    const SMALL: usize = 16;
    let is_lead = |part: &&Part| match part {
        Part::Heading(_) | Part::Notes(_) => true,
        Part::Table(table) => table.rows.len() <= SMALL,
    };
    let leading: Vec<&Part> = document.parts.iter().take_while(is_lead).collect();
    // A heading stays with its content, and the notes below a table with the last table.
    match leading.iter().rposition(|part| matches!(part, Part::Table(_))) {
        Some(last) => last + 1,
        None => leading.iter().take_while(|part| matches!(part, Part::Notes(_))).count(),
    }
}

/// Returns a unique name for a file: the name of the file, preceded by the name of its folder if needed.
fn unique_name(path: &Path, names: &mut BTreeSet<String>) -> String {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let folder = path.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
    let plain = |text: &str| -> String {
        text.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' }).collect()
    };
    let mut name = format!("file-{}", plain(&stem));
    if names.contains(&name) {
        name = format!("file-{}-{}", plain(&folder), plain(&stem));
    }
    while !names.insert(name.clone()) {
        name.push_str("-2");
    }
    name
}

/// A drawn study.
struct Drawn {
    document: Document,
    chart: Option<String>,
    origins: Vec<OriginView>,
}

struct Draw;

impl Visitor for Draw {
    type Output = Drawn;

    fn visit<S: Study>(&mut self, study: &S) -> Drawn {
        let view = |(part, origin): (&'static str, &Origin)| OriginView {
            part,
            command: text::one_line(&origin.command),
            features: origin.toolchain.features.join(","),
            started: origin.started,
            memscope: text::one_line(&origin.memscope.to_string()),
            processor: text::one_line(&format!("{}, {} cores", origin.machine.processor, origin.machine.cores)),
        };
        let origins = study.origins().into_iter().map(view).collect();
        Drawn { document: study.summary(), chart: study.chart(), origins }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::document::{Table, left};

    #[test]
    fn sentences_and_small_tables_are_above_the_picture() {
        let table = |rows: usize| {
            let mut table = Table::new([left("a")]);
            (0..rows).for_each(|row| table.row([row.to_string()]));
            table
        };
        let mut document = Document::default();
        document.notes(vec!["a sentence".to_owned()]);
        assert_eq!(lead(&document), 1);
        document.heading("a heading");
        assert_eq!(lead(&document), 1);
        document.table(table(3));
        assert_eq!(lead(&document), 3);
        document.table(table(100));
        document.notes(vec!["a note".to_owned()]);
        assert_eq!(lead(&document), 3);
    }

    #[test]
    fn files_with_the_same_name_get_unique_names() {
        let mut names = BTreeSet::new();
        let paths =
            ["results/compare.json", "results/commits/compare.json", "results/commits/compare.json", "a b.json"];
        let named = paths.map(|path| unique_name(Path::new(path), &mut names));
        assert_eq!(
            named,
            ["file-compare", "file-commits-compare", "file-commits-compare-2", "file-a-b"].map(str::to_owned)
        );
    }
}

//! `report --html`: the page of all results, as text and in a browser.

mod browser;
#[path = "../common/mod.rs"]
mod common;
mod html;

use common::memscope_bench;
use html::Page;
use predicates::prelude::*;
use predicates::str::contains;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// The maximum size of a page in bytes.
const MAX_BYTES: usize = 1_500_000;

fn package() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A page in a separate folder, which all tests share.
struct Drawn {
    folder: PathBuf,
    page: PathBuf,
}

impl Drawn {
    /// Draws the page of these files, or of those in folders.
    fn of(name: &str, files: &[PathBuf]) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let page = folder.join("page.html");
        let mut command = memscope_bench();
        command.current_dir(package()).args(["report", "--html", "--output"]).arg(&page).args(files);
        command.assert().success().stdout(contains("page.html")).stderr("");
        Self { folder, page }
    }

    fn text(&self) -> String {
        fs::read_to_string(&self.page).expect("the page")
    }
}

/// The page of the project's kept results.
static KEPT: LazyLock<Drawn> = LazyLock::new(|| Drawn::of("page of the kept results", &[PathBuf::from("results")]));

/// A page with a file of each study and schema that the tests keep.
static OF_EACH_STUDY: LazyLock<Drawn> = LazyLock::new(|| {
    let entries = fs::read_dir(package().join("tests/data")).expect("the folder");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "json"));
    files.sort();
    Drawn::of("page of each study", &files)
});

fn pages() -> [&'static Drawn; 2] {
    [&KEPT, &OF_EACH_STUDY]
}

#[test]
fn a_page_is_complete_and_loads_nothing_else() {
    for drawn in pages() {
        let text = drawn.text();
        assert!(text.len() < MAX_BYTES, "{}", text.len());
        let page = Page::parse(&text);
        let mut ids = page.attributes("id");
        let all = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), all, "names are unique");
        for label in ["aria-labelledby", "for"] {
            let named = page.attributes(label);
            assert!(named.iter().flat_map(|names| names.split(' ')).all(|name| ids.contains(&name)), "{label}");
        }
        // A link is followed by a reader; everything else would be loaded by the browser.
        assert!(page.attributes("src").is_empty() && page.loaded().iter().all(|address| *address == "data:,"));
        assert!(["url(", "@import"].iter().all(|loads| !page.all_of("style").contains(loads)));
        assert!(page.all("html").all(|node| node.attribute("lang") == Some("en")));
        let pictures: Vec<_> = page.all("svg").collect();
        assert!(pictures.len() > 10);
        for picture in pictures {
            let title = picture.children().find(|child| child.has_tag_name(("http://www.w3.org/2000/svg", "title")));
            assert!(picture.attribute("role") == Some("img") && title.is_some_and(|title| title.text().is_some()));
        }
    }
}

#[test]
fn every_link_of_a_page_leads_somewhere() {
    for drawn in pages() {
        let text = drawn.text();
        let page = Page::parse(&text);
        let ids = page.attributes("id");
        let links: Vec<&str> = page.all("a").filter_map(|link| link.attribute("href")).collect();
        assert!(links.len() > 20);
        for link in links {
            match link.strip_prefix('#') {
                Some(name) => assert!(ids.contains(&name), "{link}"),
                None => assert!(drawn.folder.join(html::decoded(link)).is_file(), "{link}"),
            }
        }
    }
}

#[test]
fn every_figure_of_a_table_is_in_the_report_of_its_file() {
    for drawn in pages() {
        let text = drawn.text();
        let page = Page::parse(&text);
        let mut compared = 0;
        for (file, cells) in page.cells() {
            let printed = memscope_bench()
                .current_dir(package())
                .args(["report", "--print", "--format=markdown", &file])
                .assert()
                .success();
            let printed = String::from_utf8_lossy(&printed.get_output().stdout).into_owned();
            let known: BTreeSet<String> = html::markdown_cells(&printed).collect();
            for cell in cells.iter().filter(|cell| cell.contains(|letter: char| letter.is_ascii_digit())) {
                assert!(known.contains(cell), "{file} does not report {cell:?}");
                compared += 1;
            }
        }
        assert!(compared > 300, "{compared}");
    }
}

#[test]
fn the_answer_comes_first_and_has_the_figures_of_the_headline() {
    let text = KEPT.text();
    let page = Page::parse(&text);
    let answer = page.text_of("answer");
    let readme = fs::read_to_string(package().join("README.md")).expect("the README");
    let rows = readme.lines().skip_while(|line| !line.contains("begin overhead.json headline")).skip(3);
    let rows: Vec<&str> = rows.take_while(|line| line.starts_with('|')).collect();
    assert!(!rows.is_empty());
    for row in rows {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let (level, typical, time) = (cells[1], cells[2], cells[5]);
        assert!(answer.contains(&format!("{level} costs {typical}")) && answer.contains(time), "{row}\n{answer}");
    }
}

#[test]
fn missing_and_broken_files_are_named_on_the_page() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let at = |name: &str| folder.path().join(name);
    fs::copy(package().join("tests/data/modes-v1.json"), at("modes.json")).expect("a copy");
    fs::write(at("broken.json"), "{\"kind\": \"soak\", <script>").expect("a file");
    let draw = || {
        let mut command = memscope_bench();
        command.args(["report", "--html"]).arg(folder.path());
        command.assert()
    };
    draw().success().stdout(contains("index.html")).stderr(contains("left out: ").and(contains("broken.json")));
    let text = fs::read_to_string(at("index.html")).expect("the page");
    let page = Page::parse(&text);
    assert!(page.text_of("answer").contains("broken.json"));
    assert!(page.text_of("modes").contains("modes.json") && !page.text_of("modes").contains("is missing"));
    for (section, command) in [("cost", "cargo bench"), ("trackers", "-- trackers"), ("workloads", "cargo bench")] {
        let text = page.text_of(section);
        assert!(text.contains("is missing") && text.contains(command), "{section}: {text}");
    }
    // An earlier page is replaced; another file is not.
    draw().success();
    fs::write(at("index.html"), "<p>mine</p>").expect("a file");
    draw().code(2).stdout("").stderr(contains("index.html").and(contains("name another file")));
    assert_eq!(fs::read_to_string(at("index.html")).expect("the file"), "<p>mine</p>");
}

#[test]
fn a_folder_of_any_name_is_shown_harmlessly() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let strange = folder.path().join("e\u{1b}[31m\u{202e}\"><script>");
    fs::create_dir(&strange).expect("a folder");
    fs::copy(package().join("tests/data/overhead-v1.json"), strange.join("overhead.json")).expect("a copy");
    let path = folder.path().join("page.html");
    memscope_bench().args(["report", "--html"]).arg(&strange).arg("--output").arg(&path).assert().success();
    let text = fs::read_to_string(&path).expect("the page");
    assert!(!text.contains(['\u{1b}', '\u{202e}']) && !text.contains("\"><script>"));
    assert!(text.contains("␛[31m"));
    drop(Page::parse(&text));
}

#[test]
fn criterion_s_pages_are_linked_where_they_exist() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let draw = || {
        let mut command = memscope_bench();
        command.current_dir(package()).env("CRITERION_HOME", folder.path().join("criterion"));
        command
            .args(["report", "--html", "tests/data/overhead-v1.json", "--output"])
            .arg(folder.path().join("page.html"));
        command.assert().success();
        fs::read_to_string(folder.path().join("page.html")).expect("the page")
    };
    let text = draw();
    assert!(!text.contains("Criterion's pages"));
    let workload =
        Page::parse(&text).attributes("id").iter().find_map(|id| id.strip_prefix("workload-")).map(str::to_owned);
    let workload = workload.expect("a workload in depth");
    let report = folder.path().join("criterion").join(format!("{workload}-overhead")).join("report");
    fs::create_dir_all(&report).expect("a folder");
    fs::write(report.join("index.html"), "").expect("a file");
    let text = draw();
    let page = Page::parse(&text);
    let link = format!("criterion/{workload}-overhead/report/index.html");
    assert!(page.all("a").any(|node| node.attribute("href") == Some(&link)), "{link}");
}

#[test]
fn a_page_without_results_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let draw = |arguments: &[&str]| {
        let mut command = memscope_bench();
        command.current_dir(folder.path()).args(["report", "--html"]).args(arguments);
        command.assert().code(2).stdout("")
    };
    draw(&["."]).stderr(contains("no results file in .").and(contains("cargo bench")));
    draw(&["none.json"]).stderr(contains("none.json"));
    draw(&[]).stderr(contains("results"));
    draw(&["--print", "."]).stderr(contains("--print"));
    draw(&["--format", "csv", "."]).stderr(contains("--format"));
    let mut command = memscope_bench();
    command.args(["report", "x.json", "--output", "y.html"]).assert().code(2).stderr(contains("--html"));
}

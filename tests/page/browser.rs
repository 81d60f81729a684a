//! The page in a browser: nothing overflows at three widths, tables are sorted and filtered, links resolve, and
//! nothing is logged.

use crate::Drawn;
use crate::html::decoded;
use serde::Deserialize;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// The widths in pixels: a phone, a tablet, and a screen.
const WIDTHS: [u32; 3] = [360, 900, 1400];
const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const LIMIT: Duration = Duration::from_secs(120);
/// The line by which the page around the frames checks that the browser reports the log of pages.
const LOGGED: &str = "the browser reports what pages log";

/// The script's report of the page in one frame.
#[derive(Deserialize)]
struct Report {
    width: u32,
    problems: Vec<String>,
    sorted: usize,
    moved: usize,
    filtered: usize,
    links: Vec<String>,
}

/// Returns a browser that is installed; if there is none, prints that the test is skipped.
fn browser() -> Option<&'static str> {
    let runs = |name: &&str| {
        let mut command = Command::new(name);
        command.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    let found = BROWSERS.into_iter().find(|name| runs(name));
    if found.is_none() {
        eprintln!("skipped: no browser is installed; one of {} runs this test", BROWSERS.join(", "));
    }
    found
}

#[test]
fn a_reader_can_use_the_kept_page() {
    check(&crate::KEPT);
}

#[test]
fn a_reader_can_use_a_page_of_each_study() {
    check(&crate::OF_EACH_STUDY);
}

fn check(drawn: &Drawn) {
    let Some(browser) = browser() else { return };
    let (shown, log) = show(browser, &framed(drawn));
    let reports = reports(&shown);
    let mut widths: Vec<u32> = reports.iter().map(|report| report.width).collect();
    widths.sort_unstable();
    assert_eq!(widths, WIDTHS, "each frame reports: {shown}");
    for Report { width, problems, sorted, moved, filtered, links } in reports {
        assert!(problems.is_empty(), "at {width} px: {} problems, {problems:#?}", problems.len());
        let is_widest = Some(&width) == WIDTHS.last();
        assert!(
            !is_widest || sorted > 50 && moved > sorted / 4 && filtered > 3,
            "{sorted} columns, {moved} of them moved, {filtered} filters"
        );
        assert!(links.len() > 20);
        for link in links {
            let path = link.strip_prefix("file://").unwrap_or_else(|| panic!("{link} is not a file"));
            let path = decoded(path.split('#').next().unwrap_or_default());
            assert!(Path::new(&path).is_file(), "{link}");
        }
    }
    let logged: Vec<&str> = log.lines().filter(|line| line.contains("CONSOLE")).collect();
    assert!(logged.len() == 1 && logged[0].contains(LOGGED), "{logged:#?}");
}

/// Writes a page with the page in a frame of each width, with the script that checks it. A window cannot be as narrow
/// as a phone.
fn framed(drawn: &Drawn) -> PathBuf {
    let script = format!("<head>\n<script>{}</script>", include_str!("check.js"));
    fs::write(drawn.folder.join("checked.html"), drawn.text().replacen("<head>", &script, 1)).expect("a file");
    let frame =
        |width: &u32| format!("<iframe src=\"checked.html\" width=\"{width}\" height=\"800\" style=\"border:0\">");
    let frames: Vec<String> = WIDTHS.iter().map(|width| frame(width) + "</iframe>").collect();
    let around = format!(
        "<!DOCTYPE html><meta charset=\"utf-8\"><script>
           const reports = [];
           addEventListener('message', event => {{
             reports.push(event.data);
             document.querySelector('pre').textContent = JSON.stringify(reports);
             if (reports.length === {}) console.log('{LOGGED}');
           }});
         </script><pre></pre>{}",
        WIDTHS.len(),
        frames.concat()
    );
    let path = drawn.folder.join("frames.html");
    fs::write(&path, around).expect("a file");
    path
}

/// Shows a page in a headless browser. Returns the page after its scripts have run, and its log.
fn show(browser: &str, page: &Path) -> (String, String) {
    let profile = tempfile::tempdir().expect("a temporary folder");
    let mut command = assert_cmd::Command::new(browser);
    command.args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]);
    command.args(["--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"]);
    command.args(["--enable-logging=stderr", "--log-level=0", "--virtual-time-budget=20000", "--dump-dom"]);
    command.arg(format!("--user-data-dir={}", profile.path().display()));
    command.arg(format!("file://{}", page.display())).timeout(LIMIT);
    let output = command.output().expect("the browser runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (shown, log) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{browser}: {}\n{log}", output.status);
    (shown, log)
}

fn reports(shown: &str) -> Vec<Report> {
    let text = shown.split_once("<pre>").and_then(|(_, rest)| Some(rest.split_once("</pre>")?.0)).unwrap_or_default();
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

//! A site generator: pages of Markdown become HTML with pulldown-cmark.

use super::text::{push_word, push_words};
use crate::workloads::{Context, Digest, Scale, Tracker};
use pulldown_cmark::{Options, Parser, html};
use rand::RngExt;
use rand_pcg::Pcg64Mcg;
use std::fmt::Write;

/// The number of pages of a chapter, which are kept at once.
const CHAPTER: usize = 20;

/// At scale 1, 6,000 pages of 12 sections each, in chapters of 20 pages.
pub(super) fn markdown<T: Tracker>(tracker: &T, scale: Scale) -> Digest {
    let mut context = Context::new(tracker);
    let mut rng = scale.rng(104);
    let mut page = String::new();
    let mut chapter: Vec<String> = Vec::new();
    for _ in 0..scale.count(6_000) {
        page.clear();
        write_page(&mut page, &mut rng);
        let mut written = String::with_capacity(page.len() * 2);
        html::push_html(&mut written, Parser::new_ext(&page, Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES));
        context.record(written.len() as u64);
        context.record(written.bytes().fold(0, |sum, byte| sum.rotate_left(5) ^ u64::from(byte)));
        chapter.push(written);
        if chapter.len() == CHAPTER {
            context.track("chapter", &chapter);
            chapter.clear();
        }
    }
    context.checkpoint("the last pages alive");
    context.digest()
}

/// Writes a page of 12 sections, each with a heading, two paragraphs, a list and a piece of code; every third one has a
/// table.
fn write_page(page: &mut String, rng: &mut Pcg64Mcg) {
    for section in 0..12 {
        page.push_str("## ");
        push_words(page, 4, rng);
        page.push_str("\n\n");
        for _ in 0..2 {
            push_words(page, 25, rng);
            page.push_str(" *");
            push_word(page, rng);
            page.push_str("*, [");
            push_words(page, 2, rng);
            let _ = write!(page, "](https://example.org/{section}) and `");
            push_word(page, rng);
            page.push_str("`.\n\n");
        }
        for _ in 0..rng.random_range(2..6) {
            page.push_str("- **");
            push_word(page, rng);
            page.push_str("**: ");
            push_words(page, 8, rng);
            page.push('\n');
        }
        page.push_str("\n```rust\nlet ");
        push_word(page, rng);
        page.push_str(" = 1 < 2;\n```\n\n");
        if section % 3 == 0 {
            page.push_str("| a | b |\n|---|---|\n");
            for row in 0..5 {
                let _ = writeln!(page, "| {row} | {} |", rng.random_range(0..1_000));
            }
            page.push('\n');
        }
    }
}

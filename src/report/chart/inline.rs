//! A chart within a page.

use super::canvas::STYLE;

/// Returns the style sheet that all charts share. A page with charts has it once.
pub(crate) fn style() -> &'static str {
    STYLE
}

/// Returns a chart of this crate for a page with others: without the shared style sheet, and with unique names. Its
/// other style sheets apply only to it.
pub(crate) fn inlined(picture: &str, name: &str) -> String {
    let mut inlined = String::with_capacity(picture.len());
    let mut rest = picture;
    let mut is_shared = true;
    while let Some((before, (sheet, after))) =
        rest.split_once("<style>").and_then(|(before, rest)| Some((before, rest.split_once("</style>")?)))
    {
        inlined += &renamed(before, name);
        if !is_shared {
            inlined += &format!("<style>#{name} {{{sheet}}}</style>");
        }
        is_shared = false;
        rest = after;
    }
    inlined += &renamed(rest, name);
    inlined.trim_end().replacen("<svg ", &format!("<svg id=\"{name}\" "), 1)
}

/// Returns a part of a chart with renamed ids.
fn renamed(part: &str, name: &str) -> String {
    let renamed = part.split_inclusive('>').map(|piece| {
        let (text, tag) = piece.rfind('<').map_or((piece, ""), |start| piece.split_at(start));
        let tag = tag
            .replace(" id=\"", &format!(" id=\"{name}-"))
            .replace(" href=\"#", &format!(" href=\"#{name}-"))
            .replace("=\"title description\"", &format!("=\"{name}-title {name}-description\""));
        format!("{text}{tag}")
    });
    renamed.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::chart::canvas::{finished, sheet, telling, text};
    use svg::node::element::{Style, Use};

    #[test]
    fn pictures_on_one_page_share_no_styles_or_ids() {
        let picture = sheet(10.0, 10.0, "a title", "a description")
            .add(Style::new(".ring { stroke-width: 9; }"))
            .add(text(0.0, 0.0, "small", "a cell").set("id", "cell"))
            .add(Use::new().set("href", "#cell"))
            .add(telling("not a tag: id=\"cell\" > <"));
        let [one, two] = ["one", "two"].map(|name| inlined(&finished(&picture), name));
        assert!(!one.contains("--paper: #ffffff"), "the page has the shared style sheet");
        assert!(one.contains("#one {") && one.contains(".ring { stroke-width: 9; }"), "{one}");
        let page = format!("<main>{one}{two}</main>");
        let parsed = roxmltree::Document::parse(&page).expect("it is well-formed");
        let mut ids: Vec<&str> = parsed.descendants().filter_map(|node| node.attribute("id")).collect();
        let links = parsed.descendants().filter_map(|node| node.attribute("href"));
        assert!(links.clone().count() == 2 && links.clone().all(|link| ids.contains(&&link[1..])), "{page}");
        let labels = parsed.descendants().filter_map(|node| node.attribute("aria-labelledby"));
        assert!(labels.flat_map(|label| label.split(' ')).all(|label| ids.contains(&label)), "{page}");
        let all = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), all, "{page}");
    }
}

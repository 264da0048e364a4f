//! What a picture of characters promises, read from the characters: its lines are followed as an eye would do.

use std::collections::BTreeMap;

use mediafold::{Lifecycle, diagram::Diagram, lifecycle::DefinitionFile};
use roxmltree::Document;
use unicode_width::UnicodeWidthChar;

use super::shapes::Drawn;

/// A column of a row; what a wide character covers is 0.
type Page = Vec<Vec<char>>;

struct Frame {
    name: String,
    left: usize,
    right: usize,
    top: usize,
    bottom: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Up,
    Down,
    Left,
    Right,
}

use Way::{Down, Left, Right, Up};

/// All that the SVG of the same picture shows is there: every edge can be followed from its state to where it leads,
/// and every text is whole.
pub(super) fn shows_the_same(picture: &str, svg: &str, text: &str) {
    let page = page(text);
    for line in text.lines() {
        assert_eq!(line, line.trim_end(), "{picture}: spaces at the end of a line");
    }
    let frames = frames(&page);
    let mut followed: Vec<(String, String)> = Vec::new();
    for frame in &frames {
        for x in frame.left..=frame.right {
            if "┬┰╤".contains(at(&page, x, frame.bottom)) {
                follow(&page, &frames, (&frame.name, x, frame.bottom, Down), &mut followed);
            }
            if "┴┸╧".contains(at(&page, x, frame.top)) {
                follow(&page, &frames, (&frame.name, x, frame.top, Up), &mut followed);
            }
        }
    }
    let dot = page
        .iter()
        .enumerate()
        .find_map(|(y, row)| row.iter().position(|letter| *letter == '●').map(|x| (x, y)));
    let (x, y) = dot.expect("the start is there");
    let within = |frame: &Frame| (frame.top..frame.bottom).contains(&y);
    if !frames.iter().any(within) {
        follow(&page, &frames, ("new", x, y, Down), &mut followed);
    }
    // Letters without a width are not on the page.
    let seen = |name: String| name.replace('\u{301}', "");
    let mut drawn: Vec<(String, String)> =
        Drawn::read(svg).edges.into_iter().map(|edge| (seen(edge.from), seen(edge.to))).collect();
    drawn.sort();
    followed.sort();
    assert_eq!(followed, drawn, "{picture}\n{text}");
    has_all_texts(picture, svg, text);
}

fn has_all_texts(picture: &str, svg: &str, text: &str) {
    let document = Document::parse(svg).unwrap();
    let mut wanted: BTreeMap<&str, usize> = BTreeMap::new();
    for node in document.descendants().filter(|node| node.has_tag_name("text")) {
        let class = node.attribute("class").unwrap_or_default();
        let told = node.text().unwrap_or_default();
        if class == "note" {
            let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(words(text).contains(&words(told)), "{picture}: {told}\n{text}");
        } else if class != "quiet" {
            *wanted.entry(told).or_default() += 1;
        }
    }
    for (told, count) in wanted {
        assert!(text.matches(told).count() >= count, "{picture}: {count} × {told}\n{text}");
    }
}

fn page(text: &str) -> Page {
    let cells = |line: &str| {
        let mut cells = Vec::new();
        for letter in line.chars() {
            let width = letter.width().unwrap_or(1);
            cells.extend((0..width).map(|at| if at == 0 { letter } else { '\0' }));
        }
        cells
    };
    text.lines().map(cells).collect()
}

fn shown(page: &Page) -> String {
    let line = |row: &Vec<char>| row.iter().chain(['\n'].iter()).collect::<String>();
    page.iter().map(line).collect::<String>().replace('\0', "")
}

fn at(page: &Page, x: usize, y: usize) -> char {
    page.get(y).and_then(|row| row.get(x)).copied().unwrap_or(' ')
}

/// All closed outlines, each with the name on its first line.
fn frames(page: &Page) -> Vec<Frame> {
    let mut frames = Vec::new();
    for (y, row) in page.iter().enumerate() {
        for x in 0..row.len() {
            frames.extend(frame(page, x, y));
        }
    }
    frames
}

fn frame(page: &Page, left: usize, top: usize) -> Option<Frame> {
    let (corners, level) = match at(page, left, top) {
        '┌' => (['┐', '└', '┘'], "─·┬┴┰┸"),
        '╭' => (['╮', '╰', '╯'], "─·┬┴┰┸"),
        '╔' => (['╗', '╚', '╝'], "═·╤╧"),
        _ => return None,
    };
    let right = (left + 1..).find(|x| !level.contains(at(page, *x, top)))?;
    let upright = |x: usize, y: usize| "│║:()".contains(at(page, x, y));
    let bottom = (top + 1..).find(|y| !upright(left, *y))?;
    let closed = (left + 1..right).all(|x| level.contains(at(page, x, bottom)))
        && (top + 1..bottom).all(|y| upright(right, y));
    let found = [at(page, right, top), at(page, left, bottom), at(page, right, bottom)];
    if !closed || found != corners || bottom == top + 1 {
        return None;
    }
    let name: String = (left + 1..right).map(|x| at(page, x, top + 1)).collect();
    let name = name.replace('\0', "");
    let name = name.trim().trim_start_matches("▶ ").trim_end_matches(" ◀");
    let name = name.trim_start_matches("! ").replace('●', "new");
    Some(Frame { name, left, right, top, bottom })
}

/// Follows a line to its arrow. Only lines that begin at the dot may part.
fn follow(
    page: &Page,
    frames: &[Frame],
    (from, x, y, way): (&str, usize, usize, Way),
    followed: &mut Vec<(String, String)>,
) {
    let mut open = vec![(x, y, way)];
    while let Some((mut x, mut y, way)) = open.pop() {
        match way {
            Up => y -= 1,
            Down => y += 1,
            Left => x -= 1,
            Right => x += 1,
        }
        let letter = at(page, x, y);
        let onward: &[Way] = match (letter, way) {
            ('▼' | '▽', Down) | ('▲' | '△', Up) => {
                let border = if way == Down { y + 1 } else { y - 1 };
                let hit = |frame: &&Frame| {
                    (frame.left..=frame.right).contains(&x)
                        && border == if way == Down { frame.top } else { frame.bottom }
                };
                let to = frames.iter().find(hit).map(|frame| frame.name.clone());
                followed
                    .push((from.to_owned(), to.unwrap_or_else(|| format!("nowhere at {x} {y}"))));
                &[]
            }
            ('│' | '┆' | ':' | '┃', Up | Down)
            | ('─' | '┄' | '·' | '━', Left | Right)
            | ('┼' | '╋' | '╂' | '┿', _) => &[way],
            ('┘' | '┛', Down) | ('┐' | '┓', Up) => &[Left],
            ('└' | '┗', Down) | ('┌' | '┏', Up) => &[Right],
            ('┘' | '┛', Right) | ('└' | '┗', Left) => &[Up],
            ('┐' | '┓', Right) | ('┌' | '┏', Left) => &[Down],
            ('├', Down) if from == "new" => &[Down, Right],
            ('┤', Down) if from == "new" => &[Down, Left],
            ('┴', Down) if from == "new" => &[Left, Right],
            ('┬', Left | Right) if from == "new" => &[way, Down],
            // A label lies on its line.
            (_, Up | Down) => &[way],
            _ => panic!("{from}: lost at {x} {y}, {letter:?}, {way:?}\n{}", shown(page)),
        };
        assert!(y < page.len(), "{from}: a line has no end at {x}");
        open.extend(onward.iter().map(|way| (x, y, *way)));
    }
}

/// Names that take two columns a letter, and letters that take none.
const WIDE: &str = r#"
entity = "wide/thing"
title  = "幅の広い名前"
id     = ["/id"]
order  = "time"
[states]
"作成済み" = {}
"変換中（エンコード）" = {}
"e\u0301tape" = {}
"완료" = { rest = true }
"削除" = { rest = true, error = true }
[events]
"イベント.作成" = { from = ["new"], to = "作成済み" }
"イベント.変換" = { from = ["作成済み"], to = "変換中（エンコード）" }
"イベント.e\u0301" = { from = ["作成済み"], to = "e\u0301tape", again = ["変換中（エンコード）"] }
"イベント.r" = { from = ["変換中（エンコード）", "e\u0301tape"], to = "완료" }
"イベント.削除" = { from = ["作成済み", "変換中（エンコード）", "완료"], to = "削除" }
"#;

#[test]
fn wide_letters_keep_the_columns() {
    let lifecycle = Lifecycle::compile(&DefinitionFile::new("wide.toml", WIDE)).unwrap();
    let diagram = Diagram::new(&lifecycle);
    let text = diagram.text();
    shows_the_same("wide", &diagram.svg(), &text);
    let page = page(&text);
    let names: Vec<String> = frames(&page).into_iter().map(|frame| frame.name).collect();
    assert_eq!(names.len(), 5, "{text}");
    assert!(names.iter().any(|name| name == "変換中（エンコード）"), "{names:?}");
}

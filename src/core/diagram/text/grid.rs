//! A page of characters that lines and texts are put on.

use unicode_width::UnicodeWidthStr;

/// How many columns a text takes on a terminal.
pub(in crate::diagram) fn width(text: &str) -> usize {
    text.width()
}

/// What a line is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stroke {
    Solid,
    Dashed,
    Dotted,
    Heavy,
}

/// Where a line goes on from a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum GridWay {
    Up,
    Down,
    Left,
    Right,
}

impl GridWay {
    fn bit(self) -> u8 {
        match self {
            Self::Up => 1,
            Self::Down => 2,
            Self::Left => 4,
            Self::Right => 8,
        }
    }
}

#[derive(Clone, Debug, Default)]
enum Cell {
    #[default]
    Blank,
    Line {
        ways: u8,
        upright: Option<Stroke>,
        level: Option<Stroke>,
    },
    /// All of a text, in the first of its cells.
    Text(String),
    /// Under a text that began further left.
    Covered,
}

#[derive(Debug)]
pub(super) struct Grid {
    rows: Vec<Vec<Cell>>,
}

impl Grid {
    pub(super) fn new(width: usize, height: usize) -> Self {
        Self { rows: vec![vec![Cell::Blank; width]; height] }
    }

    fn cell(&mut self, x: usize, y: usize) -> Option<&mut Cell> {
        self.rows.get_mut(y)?.get_mut(x)
    }

    /// A text over whatever is there. What is off the page is left out.
    pub(super) fn put(&mut self, x: usize, y: usize, text: &str) {
        for covered in 1..width(text) {
            if let Some(cell) = self.cell(x + covered, y) {
                *cell = Cell::Covered;
            }
        }
        if let Some(cell) = self.cell(x, y)
            && !text.is_empty()
        {
            *cell = Cell::Text(text.to_owned());
        }
    }

    /// A line from the middle of a cell to its side.
    pub(super) fn line(&mut self, x: usize, y: usize, way: GridWay, stroke: Stroke) {
        let Some(cell) = self.cell(x, y) else { return };
        let (mut ways, mut upright, mut level) = match cell {
            Cell::Line { ways, upright, level } => (*ways, *upright, *level),
            _ => (0, None, None),
        };
        ways |= way.bit();
        match way {
            GridWay::Up | GridWay::Down => upright = Some(stroke),
            GridWay::Left | GridWay::Right => level = Some(stroke),
        }
        *cell = Cell::Line { ways, upright, level };
    }

    /// The page as text, without spaces at the ends of lines.
    pub(super) fn text(&self) -> String {
        let mut out = String::new();
        for row in &self.rows {
            let start = out.len();
            for cell in row {
                match cell {
                    Cell::Blank => out.push(' '),
                    Cell::Line { ways, upright, level } => out.push(glyph(*ways, *upright, *level)),
                    Cell::Text(text) => out.push_str(text),
                    Cell::Covered => {}
                }
            }
            out.truncate(start + out[start..].trim_end_matches(' ').len());
            out.push('\n');
        }
        out
    }
}

fn glyph(ways: u8, upright: Option<Stroke>, level: Option<Stroke>) -> char {
    const UP: u8 = 1;
    const DOWN: u8 = 2;
    const LEFT: u8 = 4;
    const RIGHT: u8 = 8;
    let heavy = (upright == Some(Stroke::Heavy), level == Some(Stroke::Heavy));
    let all_heavy = heavy.0 && heavy.1;
    let [light, bold] = match (ways & (UP | DOWN), ways & (LEFT | RIGHT)) {
        (_, 0) => return straight(upright, ['│', '┆', ':', '┃']),
        (0, _) => return straight(level, ['─', '┄', '·', '━']),
        (UP, LEFT) => ['┘', '┛'],
        (UP, RIGHT) => ['└', '┗'],
        (DOWN, LEFT) => ['┐', '┓'],
        (DOWN, RIGHT) => ['┌', '┏'],
        (UP, _) => ['┴', '┻'],
        (DOWN, _) => ['┬', '┳'],
        (_, LEFT) => ['┤', '┫'],
        (_, RIGHT) => ['├', '┣'],
        _ => return crossing(heavy),
    };
    if all_heavy { bold } else { light }
}

fn straight(stroke: Option<Stroke>, [solid, dashed, dotted, heavy]: [char; 4]) -> char {
    match stroke {
        Some(Stroke::Dashed) => dashed,
        Some(Stroke::Dotted) => dotted,
        Some(Stroke::Heavy) => heavy,
        _ => solid,
    }
}

fn crossing((upright_heavy, level_heavy): (bool, bool)) -> char {
    match (upright_heavy, level_heavy) {
        (true, true) => '╋',
        (true, false) => '╂',
        (false, true) => '┿',
        (false, false) => '┼',
    }
}

//! Columns of values that are laid out as Arrow lays them out.

use crate::scan::{plain_end, string_end};
use crate::texts::{minify, plain_text, string, unescape, Numbers};
use crate::values;

#[derive(Clone, Copy, PartialEq)]
pub enum Kind {
    Text,
    Whole,
    Decimal {
        width: u32,
        scale: u32,
    },
    Flag,
    Day,
    Moment {
        is_utc: bool,
    },
    Json,
    /// A text that is a moment, with or without a zone.
    MomentText,
}

impl Kind {
    pub fn of(code: u32, width: u32, scale: u32) -> Option<Kind> {
        Some(match code {
            0 => Kind::Text,
            1 => Kind::Whole,
            2 => Kind::Decimal { width, scale },
            3 => Kind::Flag,
            4 => Kind::Day,
            5 => Kind::Moment { is_utc: false },
            6 => Kind::Moment { is_utc: true },
            7 => Kind::Json,
            8 => Kind::MomentText,
            _ => return None,
        })
    }
}

/// All kinds but texts and JSON are 64 bits wide.
pub struct Column {
    kind: Kind,
    is_needed: bool,
    valid: Vec<u8>,
    values: Vec<i64>,
    ends: Vec<i32>,
    texts: Vec<u8>,
    rows: usize,
}

impl Column {
    pub fn new(kind: Kind, is_needed: bool) -> Column {
        Column {
            kind,
            is_needed,
            valid: Vec::new(),
            values: Vec::new(),
            ends: vec![0],
            texts: Vec::new(),
            rows: 0,
        }
    }

    pub fn is_text(&self) -> bool {
        matches!(self.kind, Kind::Text | Kind::Json | Kind::MomentText)
    }

    pub fn rows(&self) -> usize {
        self.rows
    }

    pub fn valid(&self) -> &[u8] {
        &self.valid
    }

    pub fn values(&self) -> &[i64] {
        &self.values
    }

    pub fn ends(&self) -> &[i32] {
        &self.ends
    }

    pub fn texts(&self) -> &[u8] {
        &self.texts
    }

    pub fn clear(&mut self) {
        self.cut(0);
    }

    /// Back to so many rows.
    pub fn cut(&mut self, rows: usize) {
        self.rows = rows;
        self.valid.truncate((rows + 7) / 8);
        if let (Some(last), 1..=7) = (self.valid.last_mut(), rows % 8) {
            *last &= (1 << (rows % 8)) - 1;
        }
        if self.is_text() {
            self.ends.truncate(rows + 1);
            self.texts.truncate(self.ends[rows] as usize);
        } else {
            self.values.truncate(rows);
        }
    }

    /// Have a null in each row before `rows` that has nothing. `None` if there has to be something.
    pub fn fill(&mut self, rows: usize) -> Option<()> {
        if self.rows < rows {
            if self.is_needed {
                return None;
            }
            self.push(0, false);
        }
        Some(())
    }

    /// Take the value that begins at `at`. Gives where it ends; `None` if it is not certain.
    #[inline]
    pub fn take(&mut self, text: &[u8], at: usize) -> Option<usize> {
        match *text.get(at)? {
            b'"' => self.take_string(text, at),
            b'{' | b'[' => {
                if !matches!(self.kind, Kind::Text | Kind::Json) {
                    return None;
                }
                let end = minify(text, at, &mut self.texts, Numbers::Certain)?;
                self.push(0, true);
                Some(end)
            }
            _ => {
                let end = plain_end(text, at);
                self.take_plain(&text[at..end])?;
                Some(end)
            }
        }
    }

    fn take_string(&mut self, text: &[u8], at: usize) -> Option<usize> {
        if self.kind == Kind::Json {
            let end = string(text, at, &mut self.texts)?;
            self.push(0, true);
            return Some(end);
        }
        let (end, has_escapes) = string_end(text, at + 1)?;
        let inner = &text[at + 1..end];
        if self.kind == Kind::MomentText && !inner.is_empty() {
            values::moment(inner, false)?;
        }
        if matches!(self.kind, Kind::Text | Kind::MomentText) {
            if has_escapes {
                unescape(inner, &mut self.texts)?;
            } else {
                self.texts.extend_from_slice(inner);
            }
            if self.is_needed && inner.is_empty() {
                return None;
            }
            self.push(0, true);
        } else if inner.is_empty() {
            self.push(0, false);
        } else {
            let value = match self.kind {
                Kind::Whole => values::whole(inner),
                Kind::Decimal { width, scale } => values::decimal(inner, width, scale),
                Kind::Flag => flag(inner),
                Kind::Day => values::day(inner),
                Kind::Moment { is_utc } => values::moment(inner, is_utc),
                Kind::Text | Kind::Json | Kind::MomentText => None,
            }?;
            self.push(value, true);
        }
        Some(end + 1)
    }

    fn take_plain(&mut self, plain: &[u8]) -> Option<()> {
        if plain == b"null" {
            self.push(0, false);
            return Some(());
        }
        let value = match self.kind {
            Kind::Text | Kind::Json => {
                self.texts.extend_from_slice(plain_text(plain)?);
                0
            }
            Kind::Whole => values::whole(plain)?,
            Kind::Decimal { width, scale } => values::decimal_number(plain, width, scale)?,
            Kind::Flag => flag(plain)?,
            Kind::Day | Kind::Moment { .. } | Kind::MomentText => return None,
        };
        self.push(value, true);
        Some(())
    }

    fn push(&mut self, value: i64, is_valid: bool) {
        if self.rows % 8 == 0 {
            self.valid.push(0);
        }
        if is_valid {
            if let Some(last) = self.valid.last_mut() {
                *last |= 1 << (self.rows % 8);
            }
        }
        if self.is_text() {
            self.ends.push(self.texts.len() as i32);
        } else {
            self.values.push(value);
        }
        self.rows += 1;
    }

    /// Whether the row has a value, where one is needed.
    pub fn is_missing(&self, row: usize) -> bool {
        self.is_needed && self.valid[row / 8] & (1 << (row % 8)) == 0
    }
}

fn flag(text: &[u8]) -> Option<i64> {
    match text {
        b"true" | b"1" => Some(1),
        b"false" | b"0" => Some(0),
        _ => None,
    }
}

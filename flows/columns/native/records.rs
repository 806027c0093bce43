//! Records one by one: each becomes a row of all columns, or is left.

use crate::columns::{Column, Kind};
use crate::scan::{after_space, plain_end, string_end};
use crate::texts::{is_plain, minify, string, Numbers};
use std::collections::HashMap;

/// Of names without end, so many are counted; in one record, so many are compared.
const MOST_NAMES: usize = 1000;
const MOST_BESIDE: usize = 64;

struct Name {
    text: Vec<u8>,
    columns: Vec<usize>,
}

pub struct Reader {
    refuses: bool,
    names: Vec<Name>,
    columns: Vec<Column>,
    taken: Vec<i64>,
    left: Vec<u32>,
    seen: Vec<u8>,
    beside: HashMap<Vec<u8>, u64>,
    beside_text: Vec<u8>,
    scratch: Vec<u8>,
}

impl Reader {
    pub fn new(refuses: bool) -> Reader {
        Reader {
            refuses,
            names: Vec::new(),
            columns: Vec::new(),
            taken: Vec::new(),
            left: Vec::new(),
            seen: Vec::new(),
            beside: HashMap::new(),
            beside_text: Vec::new(),
            scratch: Vec::new(),
        }
    }

    pub fn add_column(&mut self, name: &[u8], kind: Kind, is_needed: bool) {
        let number = self.columns.len();
        self.columns.push(Column::new(kind, is_needed));
        match self.names.iter_mut().find(|each| each.text == name) {
            Some(found) => found.columns.push(number),
            None => self.names.push(Name {
                text: name.to_vec(),
                columns: vec![number],
            }),
        }
        self.seen.push(0);
    }

    pub fn left(&self) -> &[u32] {
        &self.left
    }

    pub fn taken(&self) -> &[i64] {
        &self.taken
    }

    pub fn column(&self, number: usize) -> &Column {
        &self.columns[number]
    }

    pub fn seen(&self) -> &[u8] {
        &self.seen
    }

    pub fn unnamed(&self) -> &[u8] {
        &self.beside_text
    }

    pub fn read(&mut self, text: &[u8], ends: &[i32], begin: i64) -> usize {
        self.columns.iter_mut().for_each(Column::clear);
        self.taken.clear();
        self.left.clear();
        // What is taken begins and ends with a bracket, so no character of it reaches beyond it.
        let is_text = std::str::from_utf8(text).is_ok();
        for (number, pair) in ends.windows(2).enumerate() {
            let record = &text[pair[0] as usize..pair[1] as usize];
            let row = if is_text || std::str::from_utf8(record).is_ok() {
                self.row(record)
            } else {
                None
            };
            match row {
                Some(()) => self.taken.push(begin + number as i64),
                None => {
                    let rows = self.taken.len();
                    self.columns.iter_mut().for_each(|column| column.cut(rows));
                    self.left.push(number as u32);
                }
            }
        }
        self.write_beside();
        self.taken.len()
    }

    fn row(&mut self, text: &[u8]) -> Option<()> {
        let rows = self.taken.len() + 1;
        let mut others: Vec<&[u8]> = Vec::new();
        let mut at = after_space(text, 0);
        if *text.get(at)? != b'{' {
            return None;
        }
        at = after_space(text, at + 1);
        let mut expected = 0;
        if *text.get(at)? != b'}' {
            loop {
                let (name, next) = self.name(text, at, expected)?;
                at = after_space(text, next);
                if *text.get(at)? != b':' {
                    return None;
                }
                at = after_space(text, at + 1);
                at = match name {
                    Ok(number) => {
                        expected = number + 1;
                        self.take(number, text, at)?
                    }
                    Err(other) => {
                        if self.refuses || others.len() == MOST_BESIDE || others.contains(&other) {
                            return None;
                        }
                        others.push(other);
                        self.pass(text, at)?
                    }
                };
                at = after_space(text, at);
                match *text.get(at)? {
                    b',' => at = after_space(text, at + 1),
                    b'}' => break,
                    _ => return None,
                }
            }
        }
        if after_space(text, at + 1) != text.len() {
            return None;
        }
        for column in self.columns.iter_mut() {
            column.fill(rows)?;
            if column.is_missing(rows - 1) {
                return None;
            }
        }
        others.into_iter().for_each(|other| self.note(other));
        Some(())
    }

    /// Which of the names stands at `at`, or what else; and where it ends. Most records have their
    /// fields in the order in which the stream names them.
    #[inline]
    fn name<'t>(
        &self,
        text: &'t [u8],
        at: usize,
        expected: usize,
    ) -> Option<(Result<usize, &'t [u8]>, usize)> {
        if *text.get(at)? != b'"' {
            return None;
        }
        if let Some(name) = self.names.get(expected) {
            let end = at + 1 + name.text.len();
            if text.get(end) == Some(&b'"') && text[at + 1..end] == name.text[..] {
                return Some((Ok(expected), end + 1));
            }
        }
        let (end, has_escapes) = string_end(text, at + 1)?;
        if has_escapes {
            return None;
        }
        let name = &text[at + 1..end];
        let found = self.names.iter().position(|each| each.text == name);
        Some((found.ok_or(name), end + 1))
    }

    fn take(&mut self, name: usize, text: &[u8], at: usize) -> Option<usize> {
        let mut end = at;
        for &number in &self.names[name].columns {
            // A second value in one row: the record has the field twice.
            if self.columns[number].rows() > self.taken.len() {
                return None;
            }
            end = self.columns[number].take(text, at)?;
            self.seen[number] = 1;
        }
        Some(end)
    }

    /// Past a value that no column has.
    fn pass(&mut self, text: &[u8], at: usize) -> Option<usize> {
        self.scratch.clear();
        match *text.get(at)? {
            b'"' => string(text, at, &mut self.scratch),
            b'{' | b'[' => minify(text, at, &mut self.scratch, Numbers::Any),
            _ => Some(plain_end(text, at)).filter(|&end| is_plain(&text[at..end])),
        }
    }

    fn note(&mut self, name: &[u8]) {
        if let Some(count) = self.beside.get_mut(name) {
            *count += 1;
        } else if self.beside.len() < MOST_NAMES {
            self.beside.insert(name.to_vec(), 1);
        }
    }

    fn write_beside(&mut self) {
        self.beside_text.clear();
        for (name, count) in &self.beside {
            self.beside_text.extend_from_slice(&count.to_le_bytes());
            self.beside_text
                .extend_from_slice(&(name.len() as u32).to_le_bytes());
            self.beside_text.extend_from_slice(name);
        }
    }
}

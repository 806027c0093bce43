//! Records one by one: each becomes a row of all columns, or is left.

use crate::columns::{Column, Kind};
use crate::scan::{after_space, plain_end, string_end};
use crate::texts::{is_plain, minify, string, Numbers};

/// A record with another name than so many beside those of columns, or with a longer one, is left:
/// it has data where names belong.
const MOST_NAMES: usize = 600;
const LONGEST_NAME: usize = 1000;

/// A name of fields, which a column may have or none.
struct Name {
    text: Vec<u8>,
    columns: Vec<usize>,
    /// In how many of the records that were taken it was.
    records: u64,
    /// The last record that had it.
    last: u64,
}

pub struct Reader {
    refuses: bool,
    names: Vec<Name>,
    columns: Vec<Column>,
    taken: Vec<i64>,
    left: Vec<u32>,
    /// The number of the record that is read, of all that ever were.
    record: u64,
    told: Vec<u8>,
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
            record: 0,
            told: Vec::new(),
            scratch: Vec::new(),
        }
    }

    pub fn add_column(&mut self, name: &[u8], kind: Kind, is_needed: bool) {
        let number = self.columns.len();
        self.columns.push(Column::new(kind, is_needed));
        let place = self.place_of(name);
        self.names[place].columns.push(number);
    }

    /// Where a name stands among all; it is noted if it is new.
    fn place_of(&mut self, name: &[u8]) -> usize {
        if let Some(found) = self.names.iter().position(|each| each.text == name) {
            return found;
        }
        self.names.push(Name {
            text: name.to_vec(),
            columns: Vec::new(),
            records: 0,
            last: 0,
        });
        self.names.len() - 1
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

    /// Each name, of a column or not, that a record had: in how many (64 bits), its length (32
    /// bits), and its text.
    pub fn names(&mut self) -> &[u8] {
        self.told.clear();
        for name in self.names.iter().filter(|name| name.records > 0) {
            self.told.extend_from_slice(&name.records.to_le_bytes());
            self.told
                .extend_from_slice(&(name.text.len() as u32).to_le_bytes());
            self.told.extend_from_slice(&name.text);
        }
        &self.told
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
        self.taken.len()
    }

    fn row(&mut self, text: &[u8]) -> Option<()> {
        self.record += 1;
        let rows = self.taken.len() + 1;
        let mut at = after_space(text, 0);
        if *text.get(at)? != b'{' {
            return None;
        }
        at = after_space(text, at + 1);
        let mut expected = 0;
        if *text.get(at)? != b'}' {
            loop {
                let (place, next) = self.name(text, at, expected)?;
                at = after_space(text, next);
                if *text.get(at)? != b':' {
                    return None;
                }
                at = after_space(text, self.value(place, text, after_space(text, at + 1))?);
                expected = place + 1;
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
        let record = self.record;
        for name in self.names.iter_mut().filter(|name| name.last == record) {
            name.records += 1;
        }
        Some(())
    }

    /// Which of the names stands at `at`, and where it ends. Most records have their fields in the
    /// order in which the last one had them.
    #[inline]
    fn name(&mut self, text: &[u8], at: usize, expected: usize) -> Option<(usize, usize)> {
        if *text.get(at)? != b'"' {
            return None;
        }
        if let Some(name) = self.names.get(expected) {
            let end = at + 1 + name.text.len();
            if text.get(end) == Some(&b'"') && text[at + 1..end] == name.text[..] {
                return Some((expected, end + 1));
            }
        }
        let (end, has_escapes) = string_end(text, at + 1)?;
        if has_escapes {
            return None;
        }
        if end - at > LONGEST_NAME {
            return None;
        }
        let place = self.place_of(&text[at + 1..end]);
        if self.names.len() > MOST_NAMES + self.columns.len() {
            self.names.pop();
            return None;
        }
        Some((place, end + 1))
    }

    /// Take the value of a field, or go past it. Gives where it ends.
    fn value(&mut self, place: usize, text: &[u8], at: usize) -> Option<usize> {
        let name = &mut self.names[place];
        if name.last == self.record {
            return None;
        }
        name.last = self.record;
        if name.columns.is_empty() {
            return if self.refuses {
                None
            } else {
                self.pass(text, at)
            };
        }
        let mut end = at;
        for &number in &name.columns {
            end = self.columns[number].take(text, at)?;
        }
        Some(end)
    }

    /// Past a value that no column has.
    fn pass(&mut self, text: &[u8], at: usize) -> Option<usize> {
        match *text.get(at)? {
            b'"' => match string_end(text, at + 1)? {
                (end, false) => Some(end + 1),
                _ => {
                    self.scratch.clear();
                    string(text, at, &mut self.scratch)
                }
            },
            b'{' | b'[' => {
                self.scratch.clear();
                minify(text, at, &mut self.scratch, Numbers::Any)
            }
            _ => Some(plain_end(text, at)).filter(|&end| is_plain(&text[at..end])),
        }
    }
}

//! Pages of JSON are cut into records, and records become columns of values, without an object for
//! any of them.
//!
//! What this takes, it reads exactly as msgspec and DuckDB would. A page of which that is not certain
//! is left to the one, and a record, whose number is told, to the other.
//!
//! This file is the border to Python, which calls it through `ctypes` (`flows/native/library.py`).
//! All that is unsafe is here. Nothing panics across it; where there is no memory left, the
//! process ends.

mod columns;
mod pages;
mod records;
mod scan;
mod texts;
mod values;

use columns::Kind;
use pages::{Page, Span};
use records::Reader;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::slice;

/// Raised with every change of a signature: Python loads no other.
const VERSION: u32 = 3;
const FAILED: i64 = -1;

/// Bytes that stay where they are until the next call with the same reader.
#[repr(C)]
pub struct Bytes {
    start: *const u8,
    length: usize,
}

impl Bytes {
    fn of<T>(values: &[T]) -> Bytes {
        Bytes {
            start: values.as_ptr() as *const u8,
            length: std::mem::size_of_val(values),
        }
    }
}

#[no_mangle]
pub extern "C" fn version() -> u32 {
    VERSION
}

/// Whether a text is UTF-8.
///
/// # Safety
/// `text` has `length` bytes.
#[no_mangle]
pub unsafe extern "C" fn is_utf_8(text: *const u8, length: usize) -> bool {
    std::str::from_utf8(slice::from_raw_parts(text, length)).is_ok()
}

/// Find the records of a page at the end of a path, of which each name is followed by a zero.
/// Null if there is no list of which one can be certain.
///
/// # Safety
/// `text` and `path` have as many bytes as their lengths say. What comes is for `close_page`.
#[no_mangle]
pub unsafe extern "C" fn cut_page(
    text: *const u8,
    length: usize,
    path: *const u8,
    path_length: usize,
    deepest: usize,
) -> *mut Page {
    let text = slice::from_raw_parts(text, length);
    let names = slice::from_raw_parts(path, path_length);
    let mut path: Vec<&[u8]> = names.split(|&byte| byte == 0).collect();
    path.pop(); // what follows the last zero
    let cut = catch_unwind(AssertUnwindSafe(|| pages::cut(text, &path, deepest)));
    match cut {
        Ok(Some(page)) => Box::into_raw(Box::new(page)),
        _ => std::ptr::null_mut(),
    }
}

/// Where its records begin and end, each as 32 bits.
///
/// # Safety
/// `page` comes from `cut_page`.
#[no_mangle]
pub unsafe extern "C" fn page_records(page: *const Page) -> Bytes {
    Bytes::of(&(*page).records)
}

/// Where the names and values of its members begin and end, each as 32 bits.
///
/// # Safety
/// `page` comes from `cut_page`.
#[no_mangle]
pub unsafe extern "C" fn page_members(page: *const Page) -> Bytes {
    Bytes::of(&(*page).members)
}

/// # Safety
/// `page` comes from `cut_page` and is not used afterwards.
#[no_mangle]
pub unsafe extern "C" fn close_page(page: *mut Page) {
    drop(Box::from_raw(page));
}

/// Append records of a page to a text that ends at `from`, and tell where each ends.
///
/// # Safety
/// `text` has all that `records` say, `to` has `room` bytes, and `ends` has `rows` numbers.
#[no_mangle]
pub unsafe extern "C" fn copy_records(
    text: *const u8,
    length: usize,
    records: *const Span,
    rows: usize,
    on_one_line: bool,
    to: *mut u8,
    room: usize,
    ends: *mut i32,
    from: usize,
) -> bool {
    let text = slice::from_raw_parts(text, length);
    let records = slice::from_raw_parts(records, rows);
    let to = slice::from_raw_parts_mut(to, room);
    let ends = slice::from_raw_parts_mut(ends, rows);
    let copied = AssertUnwindSafe(|| pages::copy(text, records, on_one_line, to, ends, from));
    catch_unwind(copied).is_ok()
}

/// `refuses`: whether a record with a field that no column has is left as well.
#[no_mangle]
pub extern "C" fn open_reader(refuses: bool) -> *mut Reader {
    Box::into_raw(Box::new(Reader::new(refuses)))
}

/// # Safety
/// `reader` comes from `open_reader` and is not used afterwards.
#[no_mangle]
pub unsafe extern "C" fn close_reader(reader: *mut Reader) {
    drop(Box::from_raw(reader));
}

/// A column of the field `name`, with as many digits as `width` and `scale` say.
///
/// # Safety
/// `reader` comes from `open_reader`; `name` has `length` bytes.
#[no_mangle]
pub unsafe extern "C" fn add_column(
    reader: *mut Reader,
    name: *const u8,
    length: usize,
    kind: u32,
    width: u32,
    scale: u32,
    is_needed: bool,
) -> bool {
    match Kind::of(kind, width, scale) {
        Some(kind) => {
            (*reader).add_column(slice::from_raw_parts(name, length), kind, is_needed);
            true
        }
        None => false,
    }
}

/// Read the `rows` records that end where `ends` says, and number those that are taken from `begin`
/// on. What was read before is gone.
///
/// Gives how many became rows of the columns, or -1 if this program is at fault.
///
/// # Safety
/// `reader` comes from `open_reader`; `ends` has one number more than there are rows, of which the
/// first is 0, and `text` as many bytes as the last of them says.
#[no_mangle]
pub unsafe extern "C" fn read_records(
    reader: *mut Reader,
    text: *const u8,
    ends: *const i32,
    rows: usize,
    begin: i64,
) -> i64 {
    let ends = slice::from_raw_parts(ends, rows + 1);
    let text = slice::from_raw_parts(text, ends[rows] as usize);
    let reader = &mut *reader;
    catch_unwind(AssertUnwindSafe(|| reader.read(text, ends, begin) as i64)).unwrap_or(FAILED)
}

/// The numbers (32 bits) of the records that were left.
///
/// # Safety
/// `reader` comes from `open_reader`.
#[no_mangle]
pub unsafe extern "C" fn left_records(reader: *const Reader) -> Bytes {
    Bytes::of((*reader).left())
}

/// The numbers (64 bits) of the records that became rows.
///
/// # Safety
/// `reader` comes from `open_reader`.
#[no_mangle]
pub unsafe extern "C" fn taken_records(reader: *const Reader) -> Bytes {
    Bytes::of((*reader).taken())
}

/// Of a column its bits of validity (`part` 0), its values or where its texts end (1), its texts (2).
///
/// # Safety
/// `reader` comes from `open_reader`, and has the column.
#[no_mangle]
pub unsafe extern "C" fn column_part(reader: *const Reader, column: usize, part: u32) -> Bytes {
    let column = (*reader).column(column);
    match part {
        0 => Bytes::of(column.valid()),
        1 if column.is_text() => Bytes::of(column.ends()),
        1 => Bytes::of(column.values()),
        _ => Bytes::of(column.texts()),
    }
}

/// The names of fields that records had so far: a number (64 bits) of records, a length (32 bits)
/// and the name, one after the other. They stay where they are until they are asked for again.
///
/// # Safety
/// `reader` comes from `open_reader`.
#[no_mangle]
pub unsafe extern "C" fn field_names(reader: *mut Reader) -> Bytes {
    Bytes::of((*reader).names())
}

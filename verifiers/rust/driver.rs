//! Runs beside a Rust candidate, inside the box: calls its functions, sends back plain data.
//!
//! The codec is that of `verifiers/python/driver.py`: JSON without numbers. This crate is compiled
//! once; a crate of a few lines, made for each task, joins it to the candidate. It keeps no secret:
//! a candidate that takes the process over can send what it likes, and gains nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::fmt::Debug;
use std::fs::File;
use std::hash::Hash;
use std::io::{Read, Write};
use std::os::unix::io::FromRawFd;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::Mutex;

const MAX_DEPTH: usize = 32;
const MAX_MESSAGE: usize = 1000;

/// A value on its way in.
#[derive(Clone, Debug)]
pub enum Value {
    Null,
    Bool(bool),
    Text(String),
    Tagged(String, Box<Value>),
    List(Vec<Value>),
}

/// What is wrong with a request; the host made it, so this is a fault of the task.
#[derive(Debug)]
pub struct Wrong(pub String);

type Parsed<T> = Result<T, Wrong>;

fn wrong<T>(what: &str) -> Parsed<T> {
    Err(Wrong(what.to_string()))
}

// ---------------------------------------------------------------- JSON in

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn value(&mut self, depth: usize) -> Parsed<Value> {
        if depth > MAX_DEPTH {
            return wrong("too deep");
        }
        match self.bytes.get(self.at) {
            Some(b'n') => self.word("null", Value::Null),
            Some(b't') => self.word("true", Value::Bool(true)),
            Some(b'f') => self.word("false", Value::Bool(false)),
            Some(b'"') => Ok(Value::Text(self.text()?)),
            Some(b'[') => self.list(depth),
            Some(b'{') => {
                self.at += 1;
                let tag = self.text()?;
                self.expect(b':')?;
                let inner = self.value(depth + 1)?;
                self.expect(b'}')?;
                Ok(Value::Tagged(tag, Box::new(inner)))
            }
            _ => wrong("no value"),
        }
    }

    fn list(&mut self, depth: usize) -> Parsed<Value> {
        self.expect(b'[')?;
        let mut items = Vec::new();
        if self.bytes.get(self.at) == Some(&b']') {
            self.at += 1;
            return Ok(Value::List(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            match self.bytes.get(self.at) {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(Value::List(items));
                }
                _ => return wrong("a list that does not end"),
            }
        }
    }

    fn word(&mut self, word: &str, value: Value) -> Parsed<Value> {
        if self.bytes[self.at..].starts_with(word.as_bytes()) {
            self.at += word.len();
            return Ok(value);
        }
        wrong("no word")
    }

    fn expect(&mut self, byte: u8) -> Parsed<()> {
        if self.bytes.get(self.at) == Some(&byte) {
            self.at += 1;
            return Ok(());
        }
        wrong("unexpected byte")
    }

    fn text(&mut self) -> Parsed<String> {
        self.expect(b'"')?;
        let mut found = Vec::new();
        loop {
            match self.bytes.get(self.at) {
                None => return wrong("a text that does not end"),
                Some(b'"') => {
                    self.at += 1;
                    return String::from_utf8(found).or_else(|_| wrong("no UTF-8"));
                }
                Some(b'\\') => {
                    let character = self.escape()?;
                    found.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                }
                Some(&byte) => {
                    found.push(byte);
                    self.at += 1;
                }
            }
        }
    }

    fn escape(&mut self) -> Parsed<char> {
        self.at += 2;
        Ok(match self.bytes.get(self.at - 1) {
            Some(b'n') => '\n',
            Some(b't') => '\t',
            Some(b'r') => '\r',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'u') => {
                let high = self.unit()?;
                if !(0xd800..0xdc00).contains(&high) {
                    return char::from_u32(high).map_or_else(|| wrong("half a pair"), Ok);
                }
                self.expect(b'\\')?;
                self.expect(b'u')?;
                let low = self.unit()?;
                let joined = 0x10000 + ((high - 0xd800) << 10) + low.wrapping_sub(0xdc00);
                return char::from_u32(joined).map_or_else(|| wrong("half a pair"), Ok);
            }
            Some(&byte) => byte as char,
            None => return wrong("an escape that does not end"),
        })
    }

    fn unit(&mut self) -> Parsed<u32> {
        let Some(digits) = self.bytes.get(self.at..self.at + 4) else {
            return wrong("a short escape");
        };
        self.at += 4;
        let text = std::str::from_utf8(digits).unwrap_or("");
        u32::from_str_radix(text, 16).or_else(|_| wrong("no digits"))
    }
}

// ---------------------------------------------------------------- JSON out

pub fn quote(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if (c as u32) < 0x20 => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
}

fn sequence<'a, T: Give + 'a>(items: impl Iterator<Item = &'a T>, out: &mut String) {
    out.push('[');
    for (number, item) in items.enumerate() {
        if number > 0 {
            out.push(',');
        }
        item.give(out);
    }
    out.push(']');
}

// ---------------------------------------------------------------- types

/// A type that an argument can have.
pub trait Take: Sized {
    fn take(value: Value) -> Parsed<Self>;
}

/// A type that an answer can have.
pub trait Give {
    fn give(&self, out: &mut String);
}

macro_rules! whole_numbers {
    ($($name:ty)*) => {$(
        impl Take for $name {
            fn take(value: Value) -> Parsed<Self> {
                match value {
                    Value::Tagged(tag, inner) if tag == "int" => match *inner {
                        Value::Text(digits) => digits.parse().or_else(|_| wrong("out of range")),
                        _ => wrong("no digits"),
                    },
                    _ => wrong("no whole number"),
                }
            }
        }
        impl Give for $name {
            fn give(&self, out: &mut String) {
                out.push_str(&format!("{{\"int\":\"{self}\"}}"));
            }
        }
    )*};
}
whole_numbers!(i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize);

macro_rules! floats {
    ($($name:ty)*) => {$(
        impl Take for $name {
            fn take(value: Value) -> Parsed<Self> {
                match value {
                    Value::Tagged(tag, inner) if tag == "float" => match *inner {
                        Value::Text(digits) => digits.parse().or_else(|_| wrong("no number")),
                        _ => wrong("no digits"),
                    },
                    _ => wrong("no float"),
                }
            }
        }
        impl Give for $name {
            fn give(&self, out: &mut String) {
                let text = if self.is_nan() {
                    "nan".to_string()
                } else if self.is_infinite() {
                    (if *self > 0.0 { "inf" } else { "-inf" }).to_string()
                } else {
                    format!("{self:?}")
                };
                out.push_str(&format!("{{\"float\":\"{text}\"}}"));
            }
        }
    )*};
}
floats!(f32 f64);

impl Take for bool {
    fn take(value: Value) -> Parsed<Self> {
        match value {
            Value::Bool(found) => Ok(found),
            _ => wrong("no bool"),
        }
    }
}
impl Give for bool {
    fn give(&self, out: &mut String) {
        out.push_str(if *self { "true" } else { "false" });
    }
}
impl Take for String {
    fn take(value: Value) -> Parsed<Self> {
        match value {
            Value::Text(found) => Ok(found),
            _ => wrong("no text"),
        }
    }
}
impl Give for String {
    fn give(&self, out: &mut String) {
        quote(self, out);
    }
}
impl Give for str {
    fn give(&self, out: &mut String) {
        quote(self, out);
    }
}
impl Take for char {
    fn take(value: Value) -> Parsed<Self> {
        let text = String::take(value)?;
        let mut characters = text.chars();
        match (characters.next(), characters.next()) {
            (Some(found), None) => Ok(found),
            _ => wrong("not one character"),
        }
    }
}
impl Give for char {
    fn give(&self, out: &mut String) {
        quote(self.encode_utf8(&mut [0; 4]), out);
    }
}
impl<T: Give + ?Sized> Give for &T {
    fn give(&self, out: &mut String) {
        (**self).give(out);
    }
}
impl<T: Give + ?Sized> Give for Box<T> {
    fn give(&self, out: &mut String) {
        (**self).give(out);
    }
}
impl<T: Take> Take for Option<T> {
    fn take(value: Value) -> Parsed<Self> {
        match value {
            Value::Null => Ok(None),
            other => T::take(other).map(Some),
        }
    }
}
impl<T: Give> Give for Option<T> {
    fn give(&self, out: &mut String) {
        match self {
            None => out.push_str("null"),
            Some(found) => found.give(out),
        }
    }
}
/// `Ok(v)` is the tuple ("Ok", v), `Err(e)` the tuple ("Err", e).
impl<T: Give, E: Give> Give for Result<T, E> {
    fn give(&self, out: &mut String) {
        out.push_str("{\"tuple\":[");
        match self {
            Ok(found) => {
                out.push_str("\"Ok\",");
                found.give(out);
            }
            Err(error) => {
                out.push_str("\"Err\",");
                error.give(out);
            }
        }
        out.push_str("]}");
    }
}

fn list(value: Value) -> Parsed<Vec<Value>> {
    match value {
        Value::List(items) => Ok(items),
        _ => wrong("no list"),
    }
}

fn tagged(value: Value, wanted: &str) -> Parsed<Vec<Value>> {
    match value {
        Value::Tagged(tag, inner) if tag == wanted => list(*inner),
        _ => wrong("another tag"),
    }
}

impl<T: Take> Take for Vec<T> {
    fn take(value: Value) -> Parsed<Self> {
        list(value)?.into_iter().map(T::take).collect()
    }
}
impl<T: Give> Give for Vec<T> {
    fn give(&self, out: &mut String) {
        sequence(self.iter(), out);
    }
}
impl<T: Give> Give for [T] {
    fn give(&self, out: &mut String) {
        sequence(self.iter(), out);
    }
}
impl<T: Give> Give for VecDeque<T> {
    fn give(&self, out: &mut String) {
        sequence(self.iter(), out);
    }
}
impl<T: Take, const N: usize> Take for [T; N] {
    fn take(value: Value) -> Parsed<Self> {
        Vec::<T>::take(value)?.try_into().or_else(|_| wrong("another length"))
    }
}
impl<T: Give, const N: usize> Give for [T; N] {
    fn give(&self, out: &mut String) {
        sequence(self.iter(), out);
    }
}

macro_rules! tuples {
    ($(($($name:ident $at:tt),+))*) => {$(
        impl<$($name: Take),+> Take for ($($name,)+) {
            fn take(value: Value) -> Parsed<Self> {
                let mut items = tagged(value, "tuple")?.into_iter();
                let found = ($($name::take(items.next().ok_or(Wrong("short".into()))?)?,)+);
                if items.next().is_some() {
                    return wrong("long");
                }
                Ok(found)
            }
        }
        impl<$($name: Give),+> Give for ($($name,)+) {
            fn give(&self, out: &mut String) {
                out.push_str("{\"tuple\":[");
                $(
                    if $at > 0 {
                        out.push(',');
                    }
                    self.$at.give(out);
                )+
                out.push_str("]}");
            }
        }
    )*};
}
tuples!((A 0) (A 0, B 1) (A 0, B 1, C 2) (A 0, B 1, C 2, D 3) (A 0, B 1, C 2, D 3, E 4));

impl Give for () {
    fn give(&self, out: &mut String) {
        out.push_str("{\"tuple\":[]}");
    }
}

macro_rules! sets {
    ($($name:ident: $($bound:path),+;)*) => {$(
        impl<T: Take $(+ $bound)+> Take for $name<T> {
            fn take(value: Value) -> Parsed<Self> {
                tagged(value, "set")?.into_iter().map(T::take).collect()
            }
        }
        impl<T: Give> Give for $name<T> {
            fn give(&self, out: &mut String) {
                out.push_str("{\"set\":");
                sequence(self.iter(), out);
                out.push('}');
            }
        }
    )*};
}
sets!(HashSet: Eq, Hash; BTreeSet: Ord;);

macro_rules! maps {
    ($($name:ident: $($bound:path),+;)*) => {$(
        impl<K: Take $(+ $bound)+, V: Take> Take for $name<K, V> {
            fn take(value: Value) -> Parsed<Self> {
                let pair = |item| {
                    let mut both = list(item)?.into_iter();
                    match (both.next(), both.next()) {
                        (Some(key), Some(held)) => Ok((K::take(key)?, V::take(held)?)),
                        _ => wrong("no pair"),
                    }
                };
                tagged(value, "dict")?.into_iter().map(pair).collect()
            }
        }
        impl<K: Give, V: Give> Give for $name<K, V> {
            fn give(&self, out: &mut String) {
                out.push_str("{\"dict\":[");
                for (number, (key, held)) in self.iter().enumerate() {
                    if number > 0 {
                        out.push(',');
                    }
                    out.push('[');
                    key.give(out);
                    out.push(',');
                    held.give(out);
                    out.push(']');
                }
                out.push_str("]}");
            }
        }
    )*};
}
maps!(HashMap: Eq, Hash; BTreeMap: Ord;);

// ---------------------------------------------------------------- the conversation

/// The arguments of one call, taken in turn.
pub struct Arguments(std::vec::IntoIter<Value>);

impl Arguments {
    pub fn next<T: Take>(&mut self) -> Parsed<T> {
        match self.0.next() {
            Some(value) => T::take(value),
            None => wrong("an argument is missing"),
        }
    }
}

/// The answer's JSON.
pub fn answer<T: Give>(value: &T) -> Parsed<String> {
    let mut out = String::new();
    value.give(&mut out);
    Ok(out)
}

struct Request {
    id: String,
    call: String,
    arguments: Arguments,
}

/// `{"id":...,"call":...,"args":[...]}`, as `oracle.request` writes it.
fn request(bytes: &[u8]) -> Parsed<Request> {
    let mut reader = Reader { bytes, at: 0 };
    reader.expect(b'{')?;
    let mut field = |name: &str, end: u8| {
        if reader.text()? != name {
            return wrong("another field");
        }
        reader.expect(b':')?;
        let value = reader.value(0)?;
        reader.expect(end)?;
        Ok(value)
    };
    let id = String::take(field("id", b',')?)?;
    let call = String::take(field("call", b',')?)?;
    let arguments = Arguments(list(field("args", b'}')?)?.into_iter());
    Ok(Request { id, call, arguments })
}

fn capped(text: &str) -> String {
    text.chars().take(MAX_MESSAGE).collect()
}

// ---------------------------------------------------------------- notes of a script

// So many times in turn, and what was seen.
static NOTES: Mutex<Vec<(usize, String)>> = Mutex::new(Vec::new());

fn keep(kind: &str, seen: &str) {
    let note = format!("{{\"tuple\":[\"{kind}\",{seen}]}}");
    let mut notes = NOTES.lock().unwrap_or_else(|broken| broken.into_inner());
    match notes.last_mut() {
        Some((times, last)) if *last == note => *times += 1,
        _ => notes.push((1, note)),
    }
}

/// Something that is looked at: plain data as such, anything else as `Debug` writes it.
pub struct Seen<'a, T: ?Sized>(pub &'a T);

pub trait SeenAsData {
    fn note_for_forgegym(&self);
}
impl<T: Give + ?Sized> SeenAsData for &Seen<'_, T> {
    fn note_for_forgegym(&self) {
        note(self.0);
    }
}
pub trait SeenAsText {
    fn note_for_forgegym(&self);
}
impl<T: Debug + ?Sized> SeenAsText for Seen<'_, T> {
    fn note_for_forgegym(&self) {
        let mut out = String::new();
        quote(&format!("{:?}", self.0), &mut out);
        keep("text", &out);
    }
}

/// Notes what has to be plain data.
pub fn note<T: Give + ?Sized>(seen: &T) {
    let mut out = String::new();
    seen.give(&mut out);
    keep("data", &out);
}

/// What `run` notes: a list of (so many times, (kind, what)).
pub fn noted(run: fn()) -> Parsed<String> {
    NOTES.lock().unwrap_or_else(|broken| broken.into_inner()).clear();
    run();
    let notes = NOTES.lock().unwrap_or_else(|broken| broken.into_inner());
    let listed: Vec<String> = notes
        .iter()
        .map(|(times, note)| format!("{{\"tuple\":[{{\"int\":\"{times}\"}},{note}]}}"))
        .collect();
    Ok(format!("[{}]", listed.join(",")))
}

/// Answers every request on descriptor 3 over descriptor 4, until there are no more.
pub fn serve(call: impl Fn(&str, &mut Arguments) -> Parsed<String>) {
    // SAFETY: the box opens both for us, and nothing else here uses them.
    let (mut requests, mut answers) = unsafe { (File::from_raw_fd(3), File::from_raw_fd(4)) };
    std::panic::set_hook(Box::new(|_| {}));
    let mut length = [0u8; 4];
    while requests.read_exact(&mut length).is_ok() {
        let mut bytes = vec![0u8; u32::from_be_bytes(length) as usize];
        requests.read_exact(&mut bytes).expect("a whole request");
        let Request { id, call: name, mut arguments } = request(&bytes).expect("a request");
        let mut out = String::from("{\"id\":");
        quote(&id, &mut out);
        match catch_unwind(AssertUnwindSafe(|| call(&name, &mut arguments))) {
            Ok(Ok(value)) => {
                out.push_str(",\"value\":");
                out.push_str(&value);
            }
            Ok(Err(Wrong(why))) => {
                out.push_str(",\"unencodable\":");
                quote(&capped(&why), &mut out);
            }
            Err(panic) => {
                let message = match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
                    (Some(text), _) => (*text).to_string(),
                    (_, Some(text)) => text.clone(),
                    _ => String::new(),
                };
                out.push_str(",\"raised\":\"panic\",\"message\":");
                quote(&capped(&message), &mut out);
            }
        }
        out.push('}');
        answers.write_all(&(out.len() as u32).to_be_bytes()).expect("a listener");
        answers.write_all(out.as_bytes()).expect("a listener");
    }
}

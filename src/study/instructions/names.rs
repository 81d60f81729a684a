//! Names of functions in profiles and for readers.

use rustc_demangle::try_demangle;

/// Marks after the name of a C function: its version, or the compiler's name of a part of it.
const MARKS: [char; 2] = ['@', '.'];

/// Returns the functions of a context `function'caller'caller'…` with mangled names, from the outermost caller to the
/// function.
pub(super) fn frames(context: &str) -> Vec<&str> {
    // The name of a recursive function ends with the depth of its calls: f'2.
    let is_depth = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let mut frames: Vec<&str> = context.split('\'').filter(|part| !is_depth(part)).collect();
    frames.reverse();
    frames
}

/// Returns the name of a function from its symbol, without the compiler's hash and without generic arguments, which
/// differ between builds of the same function.
pub(super) fn name(symbol: &str) -> String {
    match try_demangle(symbol) {
        Ok(name) => {
            let name = without_generics(&format!("{name:#}"));
            name.replace("{{closure}}", "{closure}")
        }
        // A name such as (below main) is valgrind's own.
        Err(_) => symbol.split(MARKS).next().filter(|name| !name.is_empty()).unwrap_or(symbol).to_owned(),
    }
}

/// Removes generic arguments, except the type that a glue function drops. `<Type>::method` becomes `Type::method`.
fn without_generics(name: &str) -> String {
    let mut short = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(start) = rest.find(['<', '{']) {
        short += &rest[..start];
        if rest[start..].starts_with('{') {
            let end = rest[start..].find('}').map_or(rest.len(), |end| start + end + 1);
            // The number in {closure#3} changes with the code around it.
            match rest[start..end].split_once('#') {
                Some((kind, _)) => short.extend([kind, "}"]),
                None => short += &rest[start..end],
            }
            rest = &rest[end..];
            continue;
        }
        let end = start + closing(&rest[start..]);
        if end == rest.len() {
            return short + &rest[start..];
        }
        let inner = &rest[start + 1..end];
        rest = &rest[end + 1..];
        let is_dropped = short.trim_end_matches("::").ends_with("drop_in_place");
        if is_dropped {
            short.truncate(short.trim_end_matches("::").len());
            short = format!("{short}<{}>", without_generics(inner));
        } else if short.ends_with("::") {
            short.truncate(short.len() - 2);
        } else if !short.ends_with(|last: char| last.is_alphanumeric() || last == '_') {
            let inner = without_generics(inner);
            let is_type = short.is_empty() && !inner.contains(" as ") && inner.contains("::");
            short += &if is_type { inner } else { format!("<{inner}>") };
        }
    }
    short + rest
}

/// Returns the offset of the bracket that closes the first one; the length of the text if none does.
fn closing(text: &str) -> usize {
    let mut depth = 0;
    let mut before = ' ';
    for (place, letter) in text.char_indices() {
        match letter {
            '<' => depth += 1,
            // The arrow of a function's type is not a bracket.
            '>' if before != '-' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return place;
        }
        before = letter;
    }
    text.len()
}

/// Returns the end of a name that identifies a function to a reader: its type and method, or its last two parts.
///
/// `a::b::Type::method` becomes `Type::method`, and `a::b::c::f` becomes `c::f`.
pub(crate) fn short(name: &str) -> String {
    let is_part = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | ':' | '{' | '}');
    let mut text = String::with_capacity(name.len());
    let mut rest = name;
    while !rest.is_empty() {
        let end = rest.find(|letter| !is_part(letter)).unwrap_or(rest.len());
        text += &short_path(&rest[..end]);
        let after = rest[end..].find(is_part).map_or(rest.len(), |start| end + start);
        text += &rest[end..after];
        rest = &rest[after..];
    }
    text
}

fn short_path(path: &str) -> String {
    // A type in brackets is followed by its method.
    if path.starts_with("::") {
        return path.to_owned();
    }
    let parts: Vec<&str> = path.split("::").collect();
    let is_type = |part: &&str| part.starts_with(|first: char| first.is_uppercase());
    let closures = parts.iter().rev().take_while(|part| part.starts_with('{')).count();
    let last_two = parts.len().saturating_sub(2 + closures);
    parts[parts.iter().position(is_type).unwrap_or(last_two)..].join("::")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_context_is_read_from_the_outside_without_depths() {
        assert_eq!(frames("malloc'_ZN1f17h0E'2'_ZN1f17h0E'main"), ["main", "_ZN1f17h0E", "_ZN1f17h0E", "malloc"]);
        assert_eq!(frames("(below main)"), ["(below main)"]);
    }

    #[test]
    fn names_have_neither_hashes_nor_generics_nor_marks() {
        for (symbol, expected) in [
            ("_ZN4core3fmt5write17h0123456789abcdefE", "core::fmt::write"),
            (
                "_ZN76_$LT$memscope..core..Tracker$u20$as$u20$core..alloc..global..GlobalAlloc$GT$7dealloc17h0123456789abcdefE",
                "<memscope::core::Tracker as core::alloc::global::GlobalAlloc>::dealloc",
            ),
            ("_ZN7dashmap24DashMap$LT$K$C$V$C$S$GT$8hash_u6417h0123456789abcdefE", "dashmap::DashMap::hash_u64"),
            ("_RNvCsfLfy6EI15iL_7___rustc14___rust_dealloc", "__rustc::__rust_dealloc"),
            ("clock_gettime@@GLIBC_2.17", "clock_gettime"),
            ("unlink_chunk.constprop.0", "unlink_chunk"),
            ("(below main)", "(below main)"),
            ("0x000000000001ab70", "0x000000000001ab70"),
        ] {
            assert_eq!(name(symbol), expected);
        }
    }

    #[test]
    fn generic_arguments_are_left_out() {
        for (full, expected) in [
            ("<alloc::vec::Vec<T> as alloc::Spec<T,I>>::from_iter", "<alloc::vec::Vec as alloc::Spec>::from_iter"),
            ("<core::fmt::Formatter>::pad_integral", "core::fmt::Formatter::pad_integral"),
            ("core::ptr::drop_in_place<a::Info<u8>>", "core::ptr::drop_in_place<a::Info>"),
            ("core::ptr::drop_in_place::<a::Info>", "core::ptr::drop_in_place<a::Info>"),
            ("a::f::<b::C<d::E>>::{closure#2}", "a::f::{closure}"),
            ("<F as core::FnOnce<fn(u8) -> u8>>::call", "<F as core::FnOnce>::call"),
            ("<<a::B as c::D>::E as f::G<H>>::i", "<<a::B as c::D>::E as f::G>::i"),
            ("<[T] as a::B>::c", "<[T] as a::B>::c"),
            ("a < b", "a < b"),
        ] {
            assert_eq!(without_generics(full), expected);
        }
    }

    #[test]
    fn a_short_name_begins_with_its_type() {
        for (name, expected) in [
            ("a::b::Type::method", "Type::method"),
            ("core::fmt::write", "fmt::write"),
            ("<dashmap::DashMap as dashmap::t::Map>::_insert", "<DashMap as Map>::_insert"),
            ("core::ptr::drop_in_place<a::b::Info>", "ptr::drop_in_place<Info>"),
            ("a::b::c::f::{closure}", "c::f::{closure}"),
            ("malloc", "malloc"),
        ] {
            assert_eq!(short(name), expected);
        }
    }
}

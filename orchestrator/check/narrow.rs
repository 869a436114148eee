//! Where two values differ: the smallest values in them that do, each with its path.
//!
//! A path is written as a person would: `ok.items[3].name`, a tuple's parts by number, what a
//! case of a variant holds by the case's name. Of two lists of different lengths, what they have in
//! common at either end is left out, and `[3..]` says where the rest begins.

use wasm_wave::ast::{Node, NodeType};
use wasm_wave::untyped::UntypedValue;

/// A place at which two values differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Narrowed {
    /// Its path from the whole value; empty for the whole.
    pub path: String,
    /// The value that was expected there; nothing where there is none.
    pub expected: String,
    /// The value that is there.
    pub got: String,
}

/// The places at which two values in WAVE differ, as the host writes them; at least one. What is
/// not WAVE is one place.
pub fn narrow(expected: &str, got: &str) -> Vec<Narrowed> {
    let mut places = Vec::new();
    if let (Ok(one), Ok(other)) = (UntypedValue::parse(expected), UntypedValue::parse(got)) {
        Values { expected, got }.walk(one.node(), other.node(), "", &mut places);
    }
    if places.is_empty() {
        places.push(Narrowed {
            path: String::new(),
            expected: expected.to_owned(),
            got: got.to_owned(),
        });
    }
    places
}

/// The texts that nodes are pieces of.
struct Values<'t> {
    expected: &'t str,
    got: &'t str,
}

impl Values<'_> {
    fn walk(&self, expected: &Node, got: &Node, path: &str, places: &mut Vec<Narrowed>) {
        if self.is_equal(expected, got) {
            return;
        }
        if self.walk_inside(expected, got, path, places).is_none() {
            places.push(Narrowed {
                path: path.to_owned(),
                expected: self.expected[expected.span()].to_owned(),
                got: self.got[got.span()].to_owned(),
            });
        }
    }

    /// Walks the parts of two values that have the same ones; none if these have not.
    fn walk_inside(
        &self,
        expected: &Node,
        got: &Node,
        path: &str,
        places: &mut Vec<Narrowed>,
    ) -> Option<()> {
        let named = |name: &str| match path {
            "" => name.to_owned(),
            path => format!("{path}.{name}"),
        };
        match (expected.ty(), got.ty()) {
            (NodeType::List, NodeType::List) => {
                let one: Vec<_> = expected.as_list().ok()?.collect();
                let other: Vec<_> = got.as_list().ok()?.collect();
                self.walk_lists(&one, &other, path, places);
            }
            (NodeType::Tuple, NodeType::Tuple) => {
                let pairs = expected.as_tuple().ok()?.zip(got.as_tuple().ok()?);
                for (index, (one, other)) in pairs.enumerate() {
                    self.walk(one, other, &named(&index.to_string()), places);
                }
            }
            (NodeType::Record, NodeType::Record) => {
                let one: Vec<_> = expected.as_record(self.expected).ok()?.collect();
                let other: Vec<_> = got.as_record(self.got).ok()?.collect();
                self.walk_fields(&one, &other, named, places);
            }
            (NodeType::OptionSome, NodeType::OptionSome) => {
                let (one, other) = (expected.as_option().ok()??, got.as_option().ok()??);
                self.walk(one, other, &named("some"), places);
            }
            (NodeType::ResultOk, NodeType::ResultOk) => {
                let (one, other) =
                    (expected.as_result().ok()?.ok()??, got.as_result().ok()?.ok()??);
                self.walk(one, other, &named("ok"), places);
            }
            (NodeType::ResultErr, NodeType::ResultErr) => {
                let (one, other) =
                    (expected.as_result().ok()?.err()??, got.as_result().ok()?.err()??);
                self.walk(one, other, &named("err"), places);
            }
            (NodeType::VariantWithPayload, NodeType::VariantWithPayload) => {
                let (case, one) = expected.as_variant(self.expected).ok()?;
                let (other_case, other) = got.as_variant(self.got).ok()?;
                if case != other_case {
                    return None;
                }
                self.walk(one?, other?, &named(case), places);
            }
            _ => return None,
        }
        Some(())
    }

    fn walk_lists(&self, one: &[&Node], other: &[&Node], path: &str, places: &mut Vec<Narrowed>) {
        if one.len() == other.len() {
            for (index, (one, other)) in one.iter().zip(other).enumerate() {
                self.walk(one, other, &format!("{path}[{index}]"), places);
            }
            return;
        }
        let shorter = one.len().min(other.len());
        let pairs = || one.iter().zip(other);
        let before = pairs().take_while(|(one, other)| self.is_equal(one, other)).count();
        let ends = one.iter().rev().zip(other.iter().rev()).take(shorter - before);
        let after = ends.take_while(|(one, other)| self.is_equal(one, other)).count();
        let rest = |nodes: &[&Node], text: &str| {
            let items: Vec<_> =
                nodes[before..nodes.len() - after].iter().map(|node| &text[node.span()]).collect();
            format!("[{}]", items.join(", "))
        };
        let path = if before == 0 { path.to_owned() } else { format!("{path}[{before}..]") };
        let (expected, got) = (rest(one, self.expected), rest(other, self.got));
        places.push(Narrowed { path, expected, got });
    }

    /// Fields that are `none` may be left out.
    fn walk_fields(
        &self,
        one: &[(&str, &Node)],
        other: &[(&str, &Node)],
        named: impl Fn(&str) -> String,
        places: &mut Vec<Narrowed>,
    ) {
        let text = |node: Option<&Node>, of: &str| match node {
            Some(node) => of[node.span()].to_owned(),
            None => "none".to_owned(),
        };
        let find = |fields: &[(&str, &Node)], name: &str| {
            fields.iter().position(|(field, _)| *field == name)
        };
        for (name, expected) in one {
            match find(other, name) {
                Some(index) => self.walk(expected, other[index].1, &named(name), places),
                None => places.push(Narrowed {
                    path: named(name),
                    expected: text(Some(expected), self.expected),
                    got: text(None, self.got),
                }),
            }
        }
        for (name, got) in other.iter().filter(|(name, _)| find(one, name).is_none()) {
            places.push(Narrowed {
                path: named(name),
                expected: text(None, self.expected),
                got: text(Some(got), self.got),
            });
        }
    }

    fn is_equal(&self, expected: &Node, got: &Node) -> bool {
        self.expected[expected.span()] == self.got[got.span()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(expected: &str, got: &str) -> Vec<String> {
        let places = narrow(expected, got);
        places.iter().map(|it| format!("{}: {} {}", it.path, it.expected, it.got)).collect()
    }

    #[test]
    fn a_path_leads_to_what_differs() {
        assert_eq!(
            places(
                "ok({items: [{name: \"a\"}, {name: \"b\"}], size: 2})",
                "ok({items: [{name: \"a\"}, {name: \"c\"}], size: 3})"
            ),
            ["ok.items[1].name: \"b\" \"c\"", "ok.size: 2 3"]
        );
        assert_eq!(places("(1, some(2))", "(1, some(3))"), ["1.some: 2 3"]);
        assert_eq!(places("[[1], [2]]", "[[1], [3]]"), ["[1][0]: 2 3"]);
        assert_eq!(places("circle({r: 1})", "circle({r: 2})"), ["circle.r: 1 2"]);
    }

    #[test]
    fn what_has_other_parts_differs_as_a_whole() {
        assert_eq!(places("ok(1)", "err(\"no\")"), [": ok(1) err(\"no\")"]);
        assert_eq!(places("[circle(1)]", "[square(1)]"), ["[0]: circle(1) square(1)"]);
        assert_eq!(places("{a, b}", "{a}"), [": {a, b} {a}"]);
        assert_eq!(places("a return", "a trap: 1 [ 2"), [": a return a trap: 1 [ 2"]);
    }

    #[test]
    fn lists_of_other_lengths_lose_what_they_have_in_common() {
        assert_eq!(places("[1, 2, 3, 4]", "[1, 2, 9, 3, 4]"), ["[2..]: [] [9]"]);
        assert_eq!(places("ok([1, 2])", "ok([])"), ["ok: [1, 2] []"]);
        assert_eq!(places("[1, 1]", "[1, 1, 1]"), ["[2..]: [] [1]"]);
    }

    #[test]
    fn a_field_that_is_left_out_is_none() {
        assert_eq!(
            places("{a: 1, b: some(2)}", "{a: 1, c: some(3)}"),
            ["b: some(2) none", "c: none some(3)"]
        );
    }
}

//! Each format, whole, for one pipeline that has everything; and what must hold for any.

use snapbox::{assert_data_eq, file};

use super::*;
use crate::component::compose::{Engine, Why};
use crate::component::graph::{Export, Given, Leftover, Offers};

fn component(name: &str, language: &str, size: u64, instances: &[&str]) -> Component {
    let instances = if instances.is_empty() { &[name] } else { instances };
    Component {
        name: name.to_owned(),
        language: language.to_owned(),
        toolchain: format!("{language}-tool"),
        size,
        instances: instances.iter().map(|name| (*name).to_owned()).collect(),
    }
}

fn link(consumer: &str, import: &str, provider: &str, export: &str, reason: Reason) -> Link {
    Link {
        consumer: consumer.to_owned(),
        import: import.to_owned(),
        provider: provider.to_owned(),
        export: Some(export.to_owned()),
        reason,
    }
}

/// Step, part, function, and of which stages it takes.
fn flow(name: &str, stages: &[(usize, &str, &str, &[usize])]) -> Flow {
    let stage = |(step, part, function, takes): &(usize, &str, &str, &[usize])| Stage {
        step: *step,
        part: (*part).to_owned(),
        function: (*function).to_owned(),
        takes: takes.to_vec(),
        on_error: function.starts_with("apologize"),
    };
    Flow { name: name.to_owned(), stages: stages.iter().map(stage).collect() }
}

fn left(import: &str, wanted_by: &[&str], given: Given) -> Leftover {
    let wanted_by = wanted_by.iter().map(|name| (*name).to_owned()).collect();
    Leftover { import: import.to_owned(), wanted_by, given }
}

/// Instances, links of every kind, flows that branch and lead back, an export of another part, a
/// part that is left out, and grants that hold what each format has to escape.
fn shop() -> Graph {
    Graph {
        pipeline: "shop".into(),
        components: vec![
            component("web-front", "rust", 812_345, &[]),
            component("cart", "go", 44_800, &["cart", "wish-list"]),
            component("recommendations-for-returning-customers", "python", 18_400_000, &[]),
            component("log", "rust", 12_000, &[]),
            component("spare", "c++", 900, &[]),
        ],
        flows: vec![
            flow(
                "buy",
                &[
                    (1, "web-front", "read", &[]),
                    (2, "cart", "items.add", &[0]),
                    (3, "cart", "total", &[1]),
                    (3, "web-front", "apologize", &[2]),
                ],
            ),
            flow(
                "browse",
                &[
                    (1, "web-front", "read", &[]),
                    (2, "recommendations-for-returning-customers", "suggest", &[0]),
                    (2, "wish-list", "items.add", &[0]),
                    (3, "web-front", "show", &[1, 2]),
                    (4, "log", "flush", &[]),
                ],
            ),
        ],
        links: vec![
            link(
                "cart",
                "shop:log/log@1.2.0",
                "log",
                "shop:log/log@1.3.1",
                Reason::CompatibleVersion,
            ),
            link(
                "web-front",
                "shop:log/log@1.2.0",
                "log",
                "shop:log/log@1.3.1",
                Reason::CompatibleVersion,
            ),
            link("web-front", "shop:store/items", "cart", "shop:store/items", Reason::Explicit),
            link("web-front", "shop:store/prices", "cart", "shop:store/prices", Reason::ExactName),
        ],
        exports: vec![
            Export { name: "browse".into(), of: Offers::Flow("browse".into()) },
            Export { name: "buy".into(), of: Offers::Flow("buy".into()) },
            Export { name: "shop:store/items".into(), of: Offers::Part("cart".into()) },
        ],
        left: vec![
            left("poly:flow/types", &[], Given::Free("it consists of types")),
            left(
                "wasi:cli/environment@0.2.3",
                &["cart"],
                Given::of(["args \"<a & b>\" `#\\`".into()], ""),
            ),
            left(
                "wasi:filesystem/preopens@0.2.3",
                &["log"],
                Given::of(["dirs /data (read)".into()], ""),
            ),
            left(
                "wasi:filesystem/types@0.2.12",
                &["cart", "log"],
                Given::of(["dirs /data (read)".into()], ""),
            ),
            left(
                "wasi:http/types@0.2.3",
                &["web-front"],
                Given::Nothing("every request is refused"),
            ),
        ],
        unused: vec!["spare".into()],
        composer: Some(Choice {
            engine: Engine::WacGraph,
            why: Why::Exposes { provider: "cart".into(), export: "shop:store/items".into() },
        }),
        problem: None,
    }
}

/// A component that needs all others, which need each other in a chain.
fn many(number: usize) -> Graph {
    let name = |index: usize| format!("a-component-with-a-rather-long-name-{index}");
    let needs = |from: usize, to: usize| {
        let import = format!("example:package-{to}/some-interface-of-it@0.{to}.0");
        link(&name(from), &import, &name(to), &import, Reason::ExactName)
    };
    let parts = (0..number).map(|index| component(&name(index), "rust", 100_000, &[]));
    let links = (1..number).flat_map(|to| {
        let along = (to % 4 != 1).then(|| needs(to - 1, to));
        [Some(needs(0, to)).filter(|_| along.is_none() || to == 2), along].into_iter().flatten()
    });
    Graph {
        pipeline: "many".into(),
        components: parts.collect(),
        flows: Vec::new(),
        links: links.collect(),
        exports: vec![Export { name: "example:all/everything".into(), of: Offers::Part(name(0)) }],
        left: Vec::new(),
        unused: Vec::new(),
        composer: Some(Choice { engine: Engine::WasmCompose, why: Why::Simple }),
        problem: None,
    }
}

#[test]
fn as_a_tree() {
    assert_data_eq!(render(&shop(), GraphFormat::Tree), file!["shop.txt"].raw());
}

#[test]
fn as_dot() {
    assert_data_eq!(render(&shop(), GraphFormat::Dot), file!["shop.dot"].raw());
}

#[test]
fn as_mermaid() {
    assert_data_eq!(render(&shop(), GraphFormat::Mermaid), file!["shop.mmd"].raw());
}

#[test]
fn as_json() {
    assert_data_eq!(render(&shop(), GraphFormat::Json), file!["shop.json"].raw());
}

#[test]
fn as_svg() {
    assert_data_eq!(render(&shop(), GraphFormat::Svg), file!["shop.svg": Text].raw());
}

#[test]
fn many_with_long_names_as_svg() {
    assert_data_eq!(render(&many(24), GraphFormat::Svg), file!["many.svg": Text].raw());
}

/// An arrow that stands for more interfaces than one can read says how many they are.
#[test]
fn two_hundred_interfaces_are_one_arrow() {
    let imports = (0..200).map(|number| format!("shop:store/items-{number:03}"));
    let links =
        imports.map(|import| link("web-front", &import, "cart", &import, Reason::ExactName));
    let svg = render(&Graph { links: links.collect(), flows: vec![], ..shop() }, GraphFormat::Svg);
    assert_eq!(svg.matches(">shop:store/items-").count(), 8, "{svg}");
    assert!(svg.contains(">and 192 more<"), "{svg}");
    assert!(svg.contains("web-front imports shop:store/items-199 from cart"), "{svg}");
}

#[test]
fn what_cannot_be_linked_shows_its_parts_and_the_problem() {
    let bare = Graph {
        links: vec![],
        flows: vec![],
        exports: vec![],
        left: vec![],
        unused: vec![],
        composer: None,
        problem: Some("component `web-front` imports `<x>`, which nothing provides".into()),
        ..shop()
    };
    let tree = render(&bare, GraphFormat::Tree);
    assert!(tree.contains("\nnot composed: component `web-front` imports"), "{tree}");
    let svg = render(&bare, GraphFormat::Svg);
    assert!(svg.contains("class=\"problem\"") && svg.contains("&lt;x&gt;"), "{svg}");
    for format in [GraphFormat::Dot, GraphFormat::Mermaid] {
        assert!(render(&bare, format).contains("recommendations-for-returning-customers"));
    }
}

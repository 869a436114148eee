use std::time::Duration;

use super::{picture, profile};
use crate::check::{Frame, Place, Samples};

fn frame(component: &str, function: &str, line: Option<(&str, u32)>) -> Frame {
    let place = line.map(|(file, line)| Place {
        file: file.to_owned(),
        line: Some(line),
        column: None,
        own: true,
        text: None,
    });
    let (component, function) = (Some(component.to_owned()), Some(function.to_owned()));
    Frame { component, module: None, function, place, code: None }
}

/// `main` calls `hot` at two lines, and once `cold` of another part.
fn some() -> Samples {
    let mut samples = Samples::default();
    let at = Duration::from_millis;
    let main = || frame("app", "main", Some(("src/main.rs", 3)));
    samples.add(at(1), [main(), frame("app", "hot<T>", Some(("src/hot.rs", 10)))]);
    samples.add(at(2), [main(), frame("app", "hot<T>", Some(("src/hot.rs", 11)))]);
    samples.add(at(3), [main(), frame("store", "cold", None)]);
    samples.add(at(4), []);
    samples
}

/// Every column of a table is as long as the table, and every index leads somewhere.
#[test]
fn the_tables_of_a_profile_fit_together() {
    let profile = profile(&some(), "p", 1.0e12, Duration::from_millis(1));
    let thread = &profile["threads"][0];
    let tables = [
        "frameTable",
        "funcTable",
        "resourceTable",
        "nativeSymbols",
        "stackTable",
        "samples",
        "markers",
    ];
    for table in tables {
        let length = thread[table]["length"].as_u64().unwrap();
        for (name, column) in thread[table].as_object().unwrap() {
            if let Some(column) = column.as_array() {
                assert_eq!(column.len() as u64, length, "{table}.{name}");
            }
        }
    }
    let refers = [
        ("samples", "stack", thread["stackTable"]["length"].clone()),
        ("stackTable", "prefix", thread["stackTable"]["length"].clone()),
        ("stackTable", "frame", thread["frameTable"]["length"].clone()),
        ("frameTable", "func", thread["funcTable"]["length"].clone()),
        ("frameTable", "category", profile["meta"]["categories"].as_array().unwrap().len().into()),
        ("funcTable", "name", thread["stringArray"].as_array().unwrap().len().into()),
        ("funcTable", "fileName", thread["stringArray"].as_array().unwrap().len().into()),
        ("funcTable", "resource", thread["resourceTable"]["length"].clone()),
        ("resourceTable", "lib", profile["libs"].as_array().unwrap().len().into()),
    ];
    for (table, column, length) in refers {
        for index in thread[table][column].as_array().unwrap() {
            assert!(
                index.is_null() || index.as_u64() < length.as_u64(),
                "{table}.{column} refers to {index} of {length}"
            );
        }
    }
}

#[test]
fn a_function_is_one_and_its_lines_are_several() {
    let profile = profile(&some(), "p", 1.0e12, Duration::from_millis(1));
    let thread = &profile["threads"][0];
    let strings = thread["stringArray"].as_array().unwrap();
    let names = thread["funcTable"]["name"].as_array().unwrap().iter();
    let names: Vec<&str> = names
        .map(|name| strings[usize::try_from(name.as_u64().unwrap()).unwrap()].as_str().unwrap())
        .collect();
    assert_eq!(names, ["main", "hot<T>", "cold"]);
    assert_eq!(thread["frameTable"]["line"], serde_json::json!([3, 10, 11, null]));
    assert_eq!(thread["samples"]["stack"], serde_json::json!([1, 2, 3, null]));
    assert_eq!(profile["libs"][1]["name"], "store");
}

#[test]
fn in_the_picture_a_box_is_as_wide_as_its_share() {
    let picture = picture(&some(), "p & q");
    assert!(picture.contains("<title>p &amp; q: 4 samples</title>"), "{picture}");
    let width = |told: &str| {
        let (_, after) = picture.split_once(&format!("<title>{told}</title>")).expect(told);
        let (_, after) = after.split_once(" width=\"").unwrap();
        after.split_once('"').unwrap().0.parse::<f64>().unwrap()
    };
    assert!((width("main (app): 3 samples, 75.0 %") - 876.0).abs() < 0.1);
    assert!((width("hot&lt;T&gt; (app): 2 samples, 50.0 %") - 584.0).abs() < 0.1);
    assert!((width("cold (store): 1 samples, 25.0 %") - 292.0).abs() < 0.1);
    assert_eq!(picture.matches("<g>").count(), picture.matches("</g>").count());
}

#[test]
fn nothing_seen_is_a_picture_too() {
    assert!(picture(&Samples::default(), "p").contains("p: 0 samples"));
    let profile = profile(&Samples::default(), "p", 0.0, Duration::from_millis(1));
    assert_eq!(profile["threads"][0]["samples"]["length"], 0);
}

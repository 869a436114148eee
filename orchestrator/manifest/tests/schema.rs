//! Every key is described, is in the full example, and stands in the manifest at the root.

#![allow(clippy::disallowed_methods, reason = "the manifest at the root lies on disk")]

use super::*;

/// Walks a value beside the schema that it must fit: every key that it has is a property.
fn assert_described<'s>(value: &Value, schema: &'s Value, root: &'s Value, place: &str) {
    let behind = |schema: &'s Value| match schema["$ref"].as_str() {
        Some(reference) => root.pointer(&reference[1..]).expect("a reference leads somewhere"),
        None => schema,
    };
    let kind = match value {
        Value::Object(_) => "object",
        Value::Array(_) => "array",
        _ => "string",
    };
    let choices = schema["anyOf"].as_array().into_iter().flatten().map(behind);
    let chosen = choices.into_iter().find(|choice| choice["type"] == kind);
    let schema = chosen.unwrap_or_else(|| behind(schema));
    match value {
        Value::Object(entries) => {
            for (key, value) in entries {
                let place = format!("{place}.{key}");
                let below = match schema["properties"].as_object() {
                    Some(properties) => {
                        assert_eq!(schema["additionalProperties"], false, "{place}");
                        let below = properties
                            .get(key)
                            .unwrap_or_else(|| panic!("{place} is not in the schema"));
                        let described =
                            below["description"].as_str().is_some_and(|text| !text.is_empty());
                        assert!(described, "{place} has no description");
                        below
                    }
                    None => &schema["additionalProperties"],
                };
                assert!(below.is_object(), "{place} is not in the schema");
                assert_described(value, below, root, &place);
            }
        }
        Value::Array(items) => {
            for item in items {
                assert_described(item, &schema["items"], root, place);
            }
        }
        _ => {}
    }
}

#[test]
fn the_schema_describes_every_key() {
    let schema = json_schema();
    let full: Value = toml::from_str(FULL).unwrap();
    assert_described(&full, &schema, &schema, "");
}

#[test]
fn the_full_example_says_every_key_of_the_schema() {
    let full: Value = toml::from_str(FULL).unwrap();
    let mut keys = BTreeSet::new();
    collect_keys(&full, &mut keys);
    let schema = json_schema();
    for key in schema_keys(&schema) {
        assert!(keys.contains(key), "`{key}` is missing from the full example");
    }
}

/// The manifest at the root, which is there to teach, with and without what it comments out.
#[test]
fn the_root_manifest_says_every_key_and_is_right_in_all_it_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("pipeline.toml");
    let text = fs::read_to_string(path).expect("the root has a manifest");
    let manifest = Manifest::parse("pipeline.toml", &text).unwrap();
    assert_eq!(manifest.components.len(), 3);
    let steps: Vec<_> =
        manifest.flows["run"].steps.iter().map(|step| step.get_ref().to_string()).collect();
    assert_eq!(steps, ["data-source/fetch-data", "data-transform/transform", "data-sink/store"]);

    let uncomment = |line: &str| match line.strip_prefix('#') {
        Some(key) if !key.is_empty() && !key.starts_with(' ') => key.to_owned() + "\n",
        _ => line.to_owned() + "\n",
    };
    let whole: String = text.lines().map(uncomment).collect();
    Manifest::parse("pipeline.toml", &whole).unwrap();

    let said: Value = toml::from_str(&whole).unwrap();
    let mut keys = BTreeSet::new();
    collect_keys(&said, &mut keys);
    let schema = json_schema();
    for key in schema_keys(&schema) {
        assert!(keys.contains(key), "`{key}` is missing from the root manifest");
    }
}

fn collect_keys<'a>(value: &'a Value, keys: &mut BTreeSet<&'a str>) {
    match value {
        Value::Object(entries) => {
            for (key, value) in entries {
                keys.insert(key);
                collect_keys(value, keys);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect_keys(item, keys)),
        _ => {}
    }
}

fn schema_keys(schema: &Value) -> BTreeSet<&str> {
    let tables =
        schema["$defs"].as_object().into_iter().flat_map(|definitions| definitions.values());
    let tables = tables.chain([schema]).filter_map(|table| table["properties"].as_object());
    let keys: BTreeSet<_> = tables.flat_map(|keys| keys.keys().map(String::as_str)).collect();
    assert!(keys.contains("toolchain") && keys.contains("inherit-env"), "the schema was read");
    keys
}

//! Programs that poly carries as sources, and that are built where a toolchain needs them: each is a
//! crate of its own in `helpers/`, with a lock file, and no part of poly's own build.

use std::collections::BTreeMap;

/// A helper's files, by their path below its directory.
type Files<'a> = &'a [(&'a str, &'a str)];

macro_rules! files {
    ($helper:literal: $($file:literal),* $(,)?) => {
        &[$(($file, include_str!(concat!("../../helpers/", $helper, "/", $file)))),*]
    };
}

const HELPERS: [(&str, Files<'_>); 1] = [(
    "componentize-py",
    files!("componentize-py":
        "Cargo.toml", "Cargo.lock",
        "src/main.rs", "src/files.rs", "src/host.rs", "src/stage.rs", "src/stubs.rs",
    ),
)];

/// The names of all helpers.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    HELPERS.iter().map(|(name, _)| *name)
}

/// The sources of a helper.
pub(super) fn sources(name: &str) -> Option<BTreeMap<String, String>> {
    let (_, files) = HELPERS.iter().find(|(helper, _)| *helper == name)?;
    Some(files.iter().map(|(file, text)| ((*file).to_owned(), (*text).to_owned())).collect())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use walkdir::WalkDir;

    use super::*;

    #[test]
    fn a_helper_is_carried_whole() {
        for name in names() {
            let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("helpers").join(name);
            let mut there = BTreeMap::new();
            for entry in WalkDir::new(&directory).into_iter().map(Result::unwrap) {
                if entry.file_type().is_file() {
                    let file = entry.path().strip_prefix(&directory).unwrap().to_str().unwrap();
                    there.insert(file.to_owned(), std::fs::read_to_string(entry.path()).unwrap());
                }
            }
            there.retain(|file, _| !file.starts_with("target/"));
            assert_eq!(sources(name).unwrap(), there, "{name}");
        }
    }
}

//! `poly wizer`: what componentize-js starts to take its snapshot, if it is told to
//! (`--wizer-bin`, a file with the line `exec poly-host wizer "$@"`).

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io;
use std::path::PathBuf;

use super::{CommandError, Ending};
use crate::cli::WizerOptions;
use crate::host::{Directory, Surroundings, snapshot};

/// Where directories are for the initialiser that come without a name; no source is there.
const NAMELESS: &str = "/.poly";

pub(super) fn run(options: &WizerOptions) -> Result<Ending, CommandError> {
    let failed = |doing, path: &PathBuf| {
        let path = path.clone();
        move |source| CommandError::System { doing, path, source }
    };
    let module = fs::read(&options.module).map_err(failed("read", &options.module))?;
    let input = io::read_to_string(io::stdin());
    let input = input.map_err(failed("read", &"standard input".into()))?;
    let variables = if options.inherit_env { variables() } else { BTreeMap::new() };
    let surroundings = Surroundings { directories: directories(options), variables, input };
    let snapshot = snapshot(&module, &options.init_func, &surroundings)?;
    fs::write(&options.output, snapshot).map_err(failed("write", &options.output))?;
    Ok(Ending::Well)
}

fn directories(options: &WizerOptions) -> Vec<Directory> {
    let nameless = options.directories.iter().enumerate().map(|(index, host)| Directory {
        host: host.clone(),
        guest: format!("{NAMELESS}/{index}"),
    });
    let mapped = options.mapped.iter().map(|text| {
        // As Wizer has it: without a second name, it is the first.
        let (guest, host) = text.split_once("::").unwrap_or((text, text));
        Directory { host: host.into(), guest: guest.to_owned() }
    });
    nameless.chain(mapped).collect()
}

/// What componentize-js says by variables. A shell between it and poly adds others.
fn variables() -> BTreeMap<String, String> {
    let own = |name: &str| {
        ["DEBUG", "FEATURE_CLOCKS", "SOURCE_NAME"].contains(&name)
            || ["EXPORT", "IMPORT"].iter().any(|prefix| name.starts_with(prefix))
    };
    let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    env::vars_os().filter_map(text).filter(|(name, _)| own(name)).collect()
}

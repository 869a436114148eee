//! Paths and globs of a manifest: relative, with `/` between their parts, and within the
//! manifest's own directory, so that a pipeline means the same in every checkout and can
//! read nothing beside it. Only their text is looked at; where a symbolic link leads is for
//! those to ask who follow it.

use globset::GlobBuilder;

/// Why a path may not stand where it does; `what` is the noun that the message begins with.
/// A second line is advice.
pub(super) fn check_relative(what: &str, path: &str) -> Result<(), String> {
    if path.is_empty() {
        return Err(format!("{what} is empty\nwrite `.` for the manifest's own directory"));
    }
    if path.contains('\\') {
        return Err(format!("{what} `{path}` has a backslash in it\nwrite `/` between its parts"));
    }
    if is_absolute(path) || path.starts_with('~') {
        return Err(format!(
            "{what} `{path}` is not relative\nwrite it relative to the manifest's directory"
        ));
    }
    if normal(path).is_none() {
        return Err(format!(
            "{what} `{path}` leaves the manifest's directory\n\
             move what it names below the manifest, or the manifest above it"
        ));
    }
    Ok(())
}

/// A relative path without `.` and `..`; none if it leads out of where it begins.
pub(crate) fn normal(path: &str) -> Option<String> {
    let mut normal: Vec<&str> = Vec::new();
    for name in path.split('/') {
        match name {
            "" | "." => {}
            ".." => {
                normal.pop()?;
            }
            name => normal.push(name),
        }
    }
    Some(normal.join("/"))
}

/// As [`check_relative`], for a glob: `..` is refused wherever it stands, since nobody knows
/// how deep the part before it goes.
pub(super) fn check_glob(what: &str, glob: &str) -> Result<(), String> {
    check_relative(what, glob)?;
    if glob.split('/').any(|part| part == "..") {
        return Err(format!("{what} `{glob}` has `..` in it\nname the files from above"));
    }
    match GlobBuilder::new(glob).literal_separator(true).build() {
        Ok(_) => Ok(()),
        Err(error) => Err(format!("{what} `{glob}` is not a glob: {}", error.kind())),
    }
}

/// Why a directory of the host may not be granted. It may lie outside the manifest's
/// directory, but not be all there is, nor let components that may `write` to it change the
/// manifest, unless `broad` grants are allowed.
pub(super) fn check_granted(path: &str, write: bool, broad: bool) -> Result<(), String> {
    if path.is_empty() {
        return Err(
            "the granted directory is empty\nwrite `.` for the manifest's own directory".to_owned()
        );
    }
    if path.starts_with('~') {
        return Err(format!(
            "`~` in `{path}` stands for no directory here\nwrite the path in full"
        ));
    }
    if is_absolute(path) && names_root(path) && !broad {
        return Err(format!(
            "the whole file system `{path}` cannot be granted\ngrant the one directory below it that \
             the components need; or say `allow-broad = true` in `[grants]`"
        ));
    }
    if write && !is_absolute(path) && ends_above(path) && !broad {
        return Err(format!(
            "components cannot be let change the manifest's directory, which is or lies in `{path}`\n\
             grant a directory below it, or for reading alone; or say `allow-broad = true` in \
             `[grants]`"
        ));
    }
    Ok(())
}

/// Whether a relative path comes out at where it began or above, as `.`, `a/..` and `../..` do.
fn ends_above(path: &str) -> bool {
    comes_back(path.split('/'))
}

/// Whether the way along these parts ends where it began, or above.
fn comes_back<'a>(parts: impl Iterator<Item = &'a str>) -> bool {
    let mut depth = 0_usize;
    for part in parts {
        match part {
            "" | "." => {}
            ".." => depth = depth.saturating_sub(1),
            _ => depth += 1,
        }
    }
    depth == 0
}

/// Whether the path begins at the root of a file system, on any platform.
fn is_absolute(path: &str) -> bool {
    path.starts_with(['/', '\\']) || without_drive(path).is_some()
}

/// What follows a drive's letter, as in `C:\data`.
fn without_drive(path: &str) -> Option<&str> {
    path.strip_prefix(|character: char| character.is_ascii_alphabetic())?.strip_prefix(':')
}

/// Whether an absolute path comes out at the root again, as `/`, `//`, `/.` and `/usr/..` do.
fn names_root(path: &str) -> bool {
    comes_back(without_drive(path).unwrap_or(path).split(['/', '\\']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_below_the_manifest() {
        for path in [".", "a", "a/b/", "a/../b", "./a", "a//b", "..a", "a..b"] {
            assert_eq!(check_relative("the path", path), Ok(()), "{path}");
        }
        for path in ["", "/", "/a", "..", "../a", "a/../../b", "~", "~/a", "C:/a", "c:", "a\\b"] {
            assert!(check_relative("the path", path).is_err(), "{path}");
        }
    }

    #[test]
    fn globs_stay_below_the_manifest() {
        for glob in ["shared/**/*.json", "a/{b,c}.txt", "*"] {
            assert_eq!(check_glob("the glob", glob), Ok(()), "{glob}");
        }
        for glob in ["../*", "**/../../x", "a/../b", "/etc/*", "a/[b", "{a"] {
            assert!(check_glob("the glob", glob).is_err(), "{glob}");
        }
    }

    #[test]
    fn the_manifests_directory_is_not_granted_to_be_written() {
        for path in [".", "./", "a/..", "..", "../..", "a/../.."] {
            assert!(check_granted(path, true, false).is_err(), "{path}");
            assert_eq!(check_granted(path, false, false), Ok(()), "{path}");
            assert_eq!(check_granted(path, true, true), Ok(()), "{path}");
        }
        for path in ["a", "../a", "a/../b", "/var/a"] {
            assert_eq!(check_granted(path, true, false), Ok(()), "{path}");
        }
    }

    #[test]
    fn whole_file_systems_and_homes_are_not_granted() {
        for path in [".", "..", "../data", "/var/data", "/a/../b", "data"] {
            assert_eq!(check_granted(path, false, false), Ok(()), "{path}");
        }
        for path in ["", "~", "~/", "~root", "~/data"] {
            assert!(check_granted(path, false, true).is_err(), "{path}");
        }
        for path in ["/", "//", "/.", "/..", "/usr/..", "/usr/../..", "C:\\", "c:/"] {
            assert!(check_granted(path, false, false).is_err(), "{path}");
            assert_eq!(check_granted(path, false, true), Ok(()), "{path}");
        }
    }
}

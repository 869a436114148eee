//! Files that a check expects to be written.

use crate::manifest::{Access, DirectoryGrant, Grants};

/// A file's place in a directory that is granted `read-write`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Writable<'a> {
    /// The directory of the host, relative to the manifest.
    pub host: &'a str,
    /// The file, relative to that directory.
    pub file: &'a str,
}

/// Where the guest's `path` leads, if it is a file in a directory that is granted `read-write`:
/// the innermost of several.
pub fn writable<'a>(grants: &'a Grants, path: &'a str) -> Option<Writable<'a>> {
    let below = |directory: &'a DirectoryGrant| {
        let guest = directory.guest.trim_end_matches('/');
        let file = path.strip_prefix(guest)?.strip_prefix('/')?;
        let plain = file.split('/').all(|part| !["", ".", ".."].contains(&part));
        plain.then_some((guest.len(), directory.access, directory.host.get_ref(), file))
    };
    let innermost = grants.dirs.iter().filter_map(below).max_by_key(|(length, ..)| *length)?;
    let (_, access, host, file) = innermost;
    (access == Access::ReadWrite).then_some(Writable { host, file })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_in_the_innermost_directory() {
        let grants: Grants = toml::from_str(
            "dirs = [{ host = 'out', guest = '/data/', access = 'read-write' },\n\
             { host = 'in', guest = '/data/in' },\n\
             { host = 'here', guest = '.', access = 'read-write' }]",
        )
        .unwrap();
        let found = |path| writable(&grants, path).map(|it| (it.host, it.file));
        assert_eq!(found("/data/a/b.txt"), Some(("out", "a/b.txt")));
        assert_eq!(found("./b.txt"), Some(("here", "b.txt")));
        for path in ["/data/in/b.txt", "/data", "/data/", "/data/../b", "/datas/b", "b", "/data//b"]
        {
            assert_eq!(found(path), None, "{path}");
        }
    }
}

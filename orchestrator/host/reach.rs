//! How far a directory reaches: whether it is or holds what is not granted unless that is said.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// How far a directory reaches that is not granted unless that is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// It is the root of the file system.
    FileSystem,
    /// It is the home directory of whoever runs poly.
    Home,
    /// It holds that home directory.
    AroundHome,
    /// It is of a file system that stands for the machine and its processes.
    Machine,
    /// Components may write to it, and it is or holds the manifest's directory.
    Pipeline,
    /// Components may write to it, and it is, holds or lies in the directory of poly's artifacts.
    Cache,
    /// Components may write to it, and it is, holds or lies in the directory of poly's tools.
    Tools,
    /// Components may write to it, and it is, holds or lies in what the next build is made of.
    Sources,
}

impl Reach {
    pub(super) fn says(self) -> &'static str {
        match self {
            Self::FileSystem => "is the whole file system",
            Self::Home => "is the whole home directory",
            Self::AroundHome => "holds the whole home directory",
            Self::Machine => "stands for the machine and its processes:",
            Self::Pipeline => "lets components change the manifest's directory",
            Self::Cache => "lets components change poly's cache",
            Self::Tools => "lets components change poly's tools",
            Self::Sources => "lets components change what the next build is made of:",
        }
    }
}

/// What a directory is. Compared as directories, not as texts: one can be mounted in several
/// places.
fn identity(path: &Path) -> io::Result<(u64, u64)> {
    fs::metadata(path).map(|found| (found.dev(), found.ino()))
}

/// Whether `outer` is `inner` or holds it, of which no part is a link.
pub(super) fn holds(outer: &Path, inner: &Path) -> bool {
    let Ok(outer) = identity(outer) else { return false };
    inner.ancestors().any(|above| identity(above).is_ok_and(|above| above == outer))
}

/// Whether `granted` is the root of the file system, is or holds `home`, or is of no disk; and what
/// it reaches.
pub(super) fn too_wide(
    granted: &Path,
    home: Option<PathBuf>,
) -> io::Result<Option<(Reach, PathBuf)>> {
    let is = identity(granted)?;
    if identity(Path::new("/")).is_ok_and(|root| root == is) {
        return Ok(Some((Reach::FileSystem, "/".into())));
    }
    if is_of_the_machine(granted, is)? {
        return Ok(Some((Reach::Machine, fs::canonicalize(granted)?)));
    }
    // A home that is not there cannot be given away.
    let Some(home) = home.and_then(|home| fs::canonicalize(home).ok()) else {
        return Ok(None);
    };
    let whole = identity(&home).is_ok_and(|home| home == is);
    let reach = if whole { Reach::Home } else { Reach::AroundHome };
    Ok(holds(granted, &home).then_some((reach, home)))
}

/// Whether a directory is `/dev`, or of its file system or another of the kernel's own, by the
/// numbers of Linux (`linux/magic.h`).
fn is_of_the_machine(granted: &Path, is: (u64, u64)) -> io::Result<bool> {
    #[cfg(target_os = "linux")]
    {
        // proc, sysfs, cgroup2, debugfs, tracefs, securityfs, devpts.
        let kind = rustix::fs::statfs(granted)?.f_type;
        if matches!(
            kind,
            0x9fa0 | 0x6265_6572 | 0x6367_7270 | 0x6462_6720 | 0x7472_6163 | 0x7363_6673 | 0x1cd1
        ) {
            return Ok(true);
        }
    }
    let (Ok(devices), Ok(root)) = (identity(Path::new("/dev")), identity(Path::new("/"))) else {
        return Ok(false);
    };
    Ok(is == devices || (devices.0 != root.0 && is.0 == devices.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_home_is_found_however_it_is_reached() {
        let top = tempfile::tempdir().unwrap();
        let top = fs::canonicalize(top.path()).unwrap();
        let home = top.join("homes/me");
        fs::create_dir_all(home.join("project/data")).unwrap();
        std::os::unix::fs::symlink(&home, top.join("link")).unwrap();
        let reach = |granted: &Path| {
            let found = too_wide(granted, Some(top.join("link"))).unwrap();
            found.map(|(reach, path)| {
                assert!(path == home || path == Path::new("/"), "{}", path.display());
                reach
            })
        };
        assert_eq!(reach(&home), Some(Reach::Home));
        assert_eq!(reach(&top.join("link")), Some(Reach::Home));
        assert_eq!(reach(&top.join("homes")), Some(Reach::AroundHome));
        assert_eq!(reach(&top), Some(Reach::AroundHome));
        assert_eq!(reach(Path::new("/")), Some(Reach::FileSystem));
        assert_eq!(reach(&home.join("project")), None);
        assert_eq!(reach(&home.join("project/data")), None);
    }

    #[test]
    fn without_a_home_the_root_is_still_refused() {
        let gone = Some(PathBuf::from("/nowhere/at/all"));
        for home in [None, gone] {
            let root = too_wide(Path::new("/"), home.clone()).unwrap();
            assert_eq!(root.map(|(reach, _)| reach), Some(Reach::FileSystem));
            assert_eq!(too_wide(Path::new("/usr"), home).unwrap(), None);
        }
    }

    #[test]
    fn what_stands_for_the_machine_is_wide() {
        for path in ["/proc", "/proc/self/fd", "/sys", "/dev"] {
            let found = too_wide(Path::new(path), None).unwrap();
            assert_eq!(found.map(|(reach, _)| reach), Some(Reach::Machine), "{path}");
        }
    }
}

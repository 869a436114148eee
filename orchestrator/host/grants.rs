//! From `[grants]` to what a component can reach.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use miette::{Diagnostic, SourceSpan};
use thiserror::Error;
use wasmtime_wasi::{FsPerms, WasiCtx, WasiCtxBuilder};

use super::capture::Capture;
use super::excess::Excess;
use super::network::AllowList;
use super::stand_in::Clock;
use crate::manifest::{Access, DirectoryGrant, Grants, Limits, Spanned};

/// A grant that cannot be given. The labels point into the manifest's text, which whoever
/// reads the manifest attaches.
#[derive(Debug, Error, Diagnostic)]
pub enum GrantError {
    /// A directory cannot be opened.
    #[error("`grants.dirs` grants the directory `{host}`, which cannot be opened")]
    #[diagnostic(help("it is looked for at `{}`", path.display()))]
    Directory {
        /// The directory as the manifest has it.
        host: String,
        /// Where that is.
        path: PathBuf,
        /// Its place in the manifest.
        #[label("this directory")]
        span: SourceSpan,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// A directory is all there is, or all that is somebody's.
    #[error("`grants.dirs` grants the directory `{host}`, which {} `{}`", reach.says(), path.display())]
    #[diagnostic(help("grant the one directory below it that the components need"))]
    TooWide {
        /// The directory as the manifest has it.
        host: String,
        /// How far it reaches.
        reach: Reach,
        /// What it really is, links followed; or the home directory that it holds.
        path: PathBuf,
        /// Its place in the manifest.
        #[label("this directory")]
        span: SourceSpan,
    },
    /// A network address is not one.
    #[error("`grants.network` grants `{address}`, which is not an address and a port")]
    #[diagnostic(help(
        "write `127.0.0.1:8080` or `[::1]:8080`: names are not looked up, so that the manifest \
         says what is really reached"
    ))]
    Address {
        /// The address as the manifest has it.
        address: String,
        /// Its place in the manifest.
        #[label("this address")]
        span: SourceSpan,
    },
}

/// How far a directory reaches that is never granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// It is the root of the file system.
    FileSystem,
    /// It is the home directory of whoever runs poly.
    Home,
    /// It holds that home directory.
    AroundHome,
}

impl Reach {
    fn says(self) -> &'static str {
        match self {
            Self::FileSystem => "is the whole file system",
            Self::Home => "is the whole home directory",
            Self::AroundHome => "holds the whole home directory",
        }
    }
}

/// What a component can reach, and what the host keeps of it.
pub(super) struct Granted {
    /// For the component.
    pub(super) wasi: WasiCtx,
    /// Its standard output, where granted.
    pub(super) stdout: Option<Capture>,
    /// Its standard error, where granted.
    pub(super) stderr: Option<Capture>,
    /// The clock that stands in, where clocks are not granted; unused otherwise.
    pub(super) clock: Clock,
}

/// Gives what is granted and nothing else; directories are relative to `base`. Limits that the
/// component goes over where it writes are noted in `excess`.
pub(super) fn grant(
    grants: &Grants,
    limits: &Limits,
    excess: &Excess,
    base: &Path,
) -> Result<Granted, GrantError> {
    let mut wasi = WasiCtxBuilder::new();
    for directory in &grants.dirs {
        open_directory(&mut wasi, directory, base)?;
    }
    wasi.args(&grants.args);
    for (name, value) in variables(grants) {
        wasi.env(name, value);
    }
    if grants.stdin {
        wasi.inherit_stdin();
    }
    let capture =
        |granted: bool| granted.then(|| Capture::new(limits.output.get(), excess.clone()));
    let (stdout, stderr) = (capture(grants.stdout), capture(grants.stderr));
    if let Some(stdout) = &stdout {
        wasi.stdout(stdout.clone());
    }
    if let Some(stderr) = &stderr {
        wasi.stderr(stderr.clone());
    }
    let clock = Clock::default();
    if !grants.clocks {
        wasi.wall_clock(clock.clone());
    }
    let addresses = grants.network.iter().map(address).collect::<Result<Vec<_>, _>>()?;
    AllowList::of(addresses).grant(&mut wasi);
    Ok(Granted { wasi: wasi.build(), stdout, stderr, clock })
}

fn open_directory(
    wasi: &mut WasiCtxBuilder,
    grant: &DirectoryGrant,
    base: &Path,
) -> Result<(), GrantError> {
    let path = base.join(grant.host.get_ref());
    let permissions = match grant.access {
        Access::Read => FsPerms::ReadOnly,
        Access::ReadWrite => FsPerms::ReadWrite,
    };
    let host = || grant.host.get_ref().clone();
    let refused = |source| GrantError::Directory {
        host: host(),
        path: path.clone(),
        span: grant.host.span().into(),
        source,
    };
    // The manifest is read without following links; here it is known where they lead.
    let real = fs::canonicalize(&path).map_err(refused)?;
    if let Some((reach, path)) = too_wide(&real, std::env::home_dir()).map_err(refused)? {
        let span = grant.host.span().into();
        return Err(GrantError::TooWide { host: host(), reach, path, span });
    }
    // Asked beforehand, because the runtime's own error does not say what is the matter.
    let opened = fs::read_dir(&real).and_then(|_| {
        let opened = wasi.preopened_dir(&real, &grant.guest, permissions);
        opened.map(|_| ()).map_err(io::Error::other)
    });
    opened.map_err(refused)
}

/// Whether `real` is the root of the file system, or is or holds `home`; and which of them it
/// reaches. Compared as directories, not as texts: one can be mounted in several places.
fn too_wide(real: &Path, home: Option<PathBuf>) -> io::Result<Option<(Reach, PathBuf)>> {
    let identity = |path: &Path| fs::metadata(path).map(|found| (found.dev(), found.ino()));
    let granted = identity(real)?;
    let is_granted = |path: &Path| identity(path).is_ok_and(|other| other == granted);
    if is_granted(Path::new("/")) {
        return Ok(Some((Reach::FileSystem, "/".into())));
    }
    // A home that is not there cannot be given away.
    let Some(home) = home.and_then(|home| fs::canonicalize(home).ok()) else {
        return Ok(None);
    };
    let reach = home.ancestors().position(is_granted);
    Ok(reach.map(|steps| (if steps == 0 { Reach::Home } else { Reach::AroundHome }, home.clone())))
}

/// The fixed variables, and those of poly's own environment that are passed on and set. A
/// fixed one wins over one that is passed on.
fn variables(grants: &Grants) -> Vec<(String, String)> {
    let fixed = grants.env.iter().map(|(name, value)| (name.clone(), value.clone()));
    let passed = grants.inherit_env.iter().map(Spanned::get_ref).filter_map(|name| {
        let value = std::env::var(name).ok()?;
        (!grants.env.contains_key(name)).then(|| (name.clone(), value))
    });
    fixed.chain(passed).collect()
}

fn address(granted: &Spanned<String>) -> Result<SocketAddr, GrantError> {
    let text = granted.get_ref();
    text.parse()
        .map_err(|_| GrantError::Address { address: text.clone(), span: granted.span().into() })
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
}

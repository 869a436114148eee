//! From `[grants]` to what a component can reach.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use miette::{Diagnostic, SourceSpan};
use thiserror::Error;
use wasmtime_wasi::{FsPerms, WasiCtx, WasiCtxBuilder};

use super::capture::Capture;
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

/// Gives what is granted and nothing else; directories are relative to `base`.
pub(super) fn grant(grants: &Grants, limits: &Limits, base: &Path) -> Result<Granted, GrantError> {
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
    let capture = |granted: bool| granted.then(|| Capture::new(limits.output.get()));
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
    // Asked beforehand, because the runtime's own error does not say what is the matter.
    let opened = std::fs::read_dir(&path).and_then(|_| {
        let opened = wasi.preopened_dir(&path, &grant.guest, permissions);
        opened.map(|_| ()).map_err(io::Error::other)
    });
    opened.map_err(|source| GrantError::Directory {
        host: grant.host.get_ref().clone(),
        path,
        span: grant.host.span().into(),
        source,
    })
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

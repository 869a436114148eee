//! From `[grants]` to what a component can reach.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use miette::{Diagnostic, SourceSpan};
use thiserror::Error;
use wasmtime_wasi::cli::InputFile;
use wasmtime_wasi::{FsPerms, WasiCtx, WasiCtxBuilder};

use super::bodies::Bodies;
use super::capture::Capture;
use super::excess::Excess;
use super::filesystem::{Files, Written};
use super::names::{self, Names};
use super::network::AllowList;
use super::onward::Onward;
use super::opening::{Directory, Unopened};
use super::reach::{Reach, holds, too_wide};
use super::refusals::Refusals;
use super::requests::Requests;
use super::secrets::Secrets;
use super::stand_in::{Clock, Sequences};
use super::streams::{self, Ungranted};
use crate::manifest::{Access, DirectoryGrant, Grants, Limits, Output, Spanned, Switch};

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
    #[diagnostic(help(
        "grant the one directory below it that the components need; or say `allow-broad = true` in \
         `[grants]`"
    ))]
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
    /// A directory is reached through a symbolic link.
    #[error("`grants.dirs` grants the directory `{host}`, and `{}` is a symbolic link", link.display())]
    #[diagnostic(help(
        "a component may have put it there: if it is right, grant the directory that it leads to"
    ))]
    Linked {
        /// The directory as the manifest has it.
        host: String,
        /// The link.
        link: PathBuf,
        /// Its place in the manifest.
        #[label("this directory")]
        span: SourceSpan,
    },
    /// A file that stands in the place of a stream cannot be opened.
    #[error("`grants.{key}` names the file `{file}`, which cannot be opened")]
    #[diagnostic(help(
        "it is a regular file below the manifest's directory, and no part of its path is a symbolic \
         link"
    ))]
    File {
        /// The stream's key.
        key: &'static str,
        /// The file as the manifest has it.
        file: String,
        /// Its place in the manifest.
        #[label("this file")]
        span: SourceSpan,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// A secret is not there.
    #[error("`grants.secrets` names `{name}`, which {problem}")]
    #[diagnostic(help("set it in the environment that poly is started in"))]
    Secret {
        /// The variable.
        name: String,
        /// What is the matter.
        problem: &'static str,
        /// Its place in the manifest.
        #[label("this variable")]
        span: SourceSpan,
    },
    /// A grant is not written as one.
    #[error("`grants.{key}`: {problem}")]
    #[diagnostic(help("{advice}"))]
    Malformed {
        /// The key.
        key: &'static str,
        /// What is the matter.
        problem: String,
        /// What to write.
        advice: String,
        /// Its place in the manifest.
        #[label("this grant")]
        span: SourceSpan,
    },
}

/// What a component can reach.
pub(super) struct Granted {
    pub(super) wasi: WasiCtx,
    /// The files it has open.
    pub(super) files: Files,
    /// The addresses it may speak to.
    pub(super) sockets: AllowList,
    /// The names it may look up.
    pub(super) names: Names,
    /// The HTTP requests it may send.
    pub(super) requests: Requests,
    /// The clock that stands in, where the real one is not granted; unused otherwise.
    pub(super) clock: Clock,
    /// The numbers that stand in, where real randomness is not granted; unused otherwise.
    pub(super) sequences: Sequences,
    /// What it tried to use beside that.
    pub(super) refusals: Refusals,
    /// What must not be shown of it.
    pub(super) secrets: Secrets,
}

/// What a component writes, where that is granted.
pub(super) struct Streams {
    pub(super) stdout: Option<Capture>,
    pub(super) stderr: Option<Capture>,
}

/// Gives what is granted and nothing else; directories and files are relative to `base`, and poly's
/// `own` directories are not for components to change. Limits
/// that the component goes over where it writes are noted in `excess`.
pub(super) fn grant(
    grants: &Grants,
    limits: &Limits,
    excess: &Excess,
    base: &Path,
    own: &[(Reach, PathBuf)],
) -> Result<(Granted, Streams), GrantError> {
    let mut wasi = WasiCtxBuilder::new();
    for directory in &grants.dirs {
        open_directory(&mut wasi, directory, base, own, grants.allow_broad)?;
    }
    wasi.args(&grants.args);
    let secrets = secrets(grants)?;
    for (name, value) in variables(grants).iter().chain(&secrets) {
        wasi.env(name, value);
    }
    let secrets = Secrets::new(&secrets);
    let refusals = Refusals::new(secrets.clone());
    let streams = open_streams(&mut wasi, grants, limits, excess, base, &secrets, &refusals)?;
    let clock = Clock::of(grants.clocks);
    if let Some(clock) = &clock {
        wasi.wall_clock(clock.clone());
    }
    let sockets = AllowList::of(&each("network", &grants.network)?);
    sockets.grant(&mut wasi, refusals.clone());
    let resolve = names::by_system();
    let names = grants.names.iter().map(|name| name.get_ref().as_str());
    let names = Names::of(names, Arc::clone(&resolve));
    let origins = each("http", &grants.http)?;
    let bodies = Bodies::new(limits.bodies.get(), excess.clone());
    let written = Written::new(limits.written.get(), excess.clone());
    let granted = Granted {
        wasi: wasi.build(),
        files: Files::of(&grants.dirs, &secrets, written),
        sockets,
        names,
        requests: Requests::new(
            origins,
            grants.private_addresses,
            resolve,
            bodies,
            refusals.clone(),
        ),
        clock: clock.unwrap_or_default(),
        sequences: Sequences::of(grants.random).unwrap_or_default(),
        refusals,
        secrets,
    };
    Ok((granted, streams))
}

fn open_streams(
    wasi: &mut WasiCtxBuilder,
    grants: &Grants,
    limits: &Limits,
    excess: &Excess,
    base: &Path,
    secrets: &Secrets,
    refusals: &Refusals,
) -> Result<Streams, GrantError> {
    let failed = |key, file: &Spanned<String>| {
        let (span, file) = (file.span().into(), file.get_ref().clone());
        move |source| GrantError::File { key, file, span, source }
    };
    match &grants.stdin {
        Switch::Off => wasi.stdin(Ungranted::stdin(refusals.clone())),
        Switch::On => wasi.inherit_stdin(),
        Switch::As(from) => {
            let file = streams::input(base, from.file.get_ref());
            wasi.stdin(InputFile::new(file.map_err(failed("stdin", &from.file))?))
        }
    };
    let open = |key, output: &Output, own: fn() -> Onward| {
        let onward = match output {
            Output::Off => return Ok(None),
            Output::Captured => None,
            Output::Inherited => Some(own()),
            Output::File(file) => {
                let to = streams::output(base, file.get_ref()).map_err(failed(key, file))?;
                Some(Onward::to(to))
            }
        };
        let limit = limits.output.get();
        Ok(Some(Capture::new(limit, excess.clone(), secrets.veil(), onward)))
    };
    let stdout = open("stdout", &grants.stdout, Onward::stdout)?;
    match &stdout {
        Some(stdout) => wasi.stdout(stdout.clone()),
        None => wasi.stdout(Ungranted::stdout(refusals.clone())),
    };
    let stderr = open("stderr", &grants.stderr, Onward::stderr)?;
    match &stderr {
        Some(stderr) => wasi.stderr(stderr.clone()),
        None => wasi.stderr(Ungranted::stderr(refusals.clone())),
    };
    Ok(Streams { stdout, stderr })
}

fn open_directory(
    wasi: &mut WasiCtxBuilder,
    grant: &DirectoryGrant,
    base: &Path,
    own: &[(Reach, PathBuf)],
    broad: bool,
) -> Result<(), GrantError> {
    let directory = opened(grant, base)?;
    let path = directory.path();
    let refused = |source| unopened(grant, base, Unopened::Failed(source));
    let permissions = match grant.access {
        Access::Read => FsPerms::ReadOnly,
        Access::ReadWrite => FsPerms::ReadWrite,
    };
    let reach = too_wide(&path, std::env::home_dir()).map_err(refused)?;
    let writes = grant.access == Access::ReadWrite;
    let reach = reach.or_else(|| if writes { trusted(&path, base, own) } else { None });
    if let Some((reach, path)) = reach.filter(|_| !broad) {
        return Err(wide(grant, reach, path));
    }
    // Asked beforehand, because the runtime's own error does not say what is the matter.
    let opened = fs::read_dir(&path).and_then(|_| {
        let opened = wasi.preopened_dir(&path, &grant.guest, permissions);
        opened.map(|_| ()).map_err(io::Error::other)
    });
    opened.map_err(refused)
}

/// What is not for components to change: what poly made or installed for itself, and what the next
/// build is made of.
pub fn own(
    cache: &Path,
    tools: &Path,
    sources: impl IntoIterator<Item = PathBuf>,
) -> Vec<(Reach, PathBuf)> {
    let poly = [(Reach::Cache, cache.to_owned()), (Reach::Tools, tools.to_owned())];
    poly.into_iter().chain(sources.into_iter().map(|path| (Reach::Sources, path))).collect()
}

/// What components that may write to `granted` could change of that which poly trusts.
fn trusted(granted: &Path, base: &Path, own: &[(Reach, PathBuf)]) -> Option<(Reach, PathBuf)> {
    if let Some(base) = fs::canonicalize(base).ok().filter(|base| holds(granted, base)) {
        return Some((Reach::Pipeline, base));
    }
    let real = fs::canonicalize(granted).ok()?;
    // What is not there yet is made elsewhere or not at all.
    let mut own = own.iter().filter_map(|(reach, own)| Some((*reach, fs::canonicalize(own).ok()?)));
    own.find(|(_, own)| holds(granted, own) || holds(own, &real))
}

fn opened(grant: &DirectoryGrant, base: &Path) -> Result<Directory, GrantError> {
    Directory::open(base, Path::new(grant.host.get_ref())).map_err(|why| unopened(grant, base, why))
}

fn unopened(grant: &DirectoryGrant, base: &Path, why: Unopened) -> GrantError {
    let (host, span) = (grant.host.get_ref().clone(), grant.host.span().into());
    match why {
        Unopened::Link(link) => GrantError::Linked { host, link, span },
        Unopened::Failed(source) => {
            let path = base.join(&host);
            GrantError::Directory { host, path, span, source }
        }
    }
}

fn wide(grant: &DirectoryGrant, reach: Reach, path: PathBuf) -> GrantError {
    let (host, span) = (grant.host.get_ref().clone(), grant.host.span().into());
    GrantError::TooWide { host, reach, path, span }
}

/// The fixed variables, and those of poly's own environment that are passed on and set. A
/// fixed one wins over one that is passed on. What is not UTF-8 cannot be passed on.
fn variables(grants: &Grants) -> Vec<(String, String)> {
    let fixed = grants.env.iter().map(|(name, value)| (name.clone(), value.clone()));
    let is_open = |name: &String| {
        !grants.env.contains_key(name) && !grants.secrets.iter().any(|it| it.get_ref() == name)
    };
    let text = |(name, value): (OsString, OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    let passed: Vec<(String, String)> = if grants.inherits_all() {
        std::env::vars_os().filter_map(text).collect()
    } else {
        let names = grants.inherit_env.iter().map(Spanned::get_ref);
        names.filter_map(|name| Some((name.clone(), std::env::var(name).ok()?))).collect()
    };
    fixed.chain(passed.into_iter().filter(|(name, _)| is_open(name))).collect()
}

/// The variables that are passed on and shown to nobody. One that is missed at once says more than
/// a component that cannot get in somewhere.
fn secrets(grants: &Grants) -> Result<Vec<(String, String)>, GrantError> {
    let read = |secret: &Spanned<String>| {
        let name = secret.get_ref();
        let problem = match std::env::var(name) {
            Ok(value) if value.is_empty() => "is empty",
            Ok(value) => return Ok((name.clone(), value)),
            Err(std::env::VarError::NotPresent) => "is not set",
            Err(std::env::VarError::NotUnicode(_)) => "is not UTF-8",
        };
        Err(GrantError::Secret { name: name.clone(), problem, span: secret.span().into() })
    };
    grants.secrets.iter().map(read).collect()
}

/// Each of these texts as the grant that it is.
fn each<T>(key: &'static str, texts: &[Spanned<String>]) -> Result<Vec<T>, GrantError>
where
    T: std::str::FromStr<Err: std::fmt::Display>,
{
    let read = |text: &Spanned<String>| {
        text.get_ref().parse().map_err(|problem: T::Err| {
            let told = problem.to_string();
            let (problem, advice) = told.split_once('\n').unwrap_or((&told, "write it otherwise"));
            let (problem, advice) = (problem.to_owned(), advice.to_owned());
            GrantError::Malformed { key, problem, advice, span: text.span().into() }
        })
    };
    texts.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_poly_trusts_is_not_given_to_be_written() {
        let top = tempfile::tempdir().unwrap();
        let top = fs::canonicalize(top.path()).unwrap();
        for path in ["base", "store/cache/objects", "store/tools", "sources/part/src", "out"] {
            fs::create_dir_all(top.join(path)).unwrap();
        }
        let keep = |host: &str, rest: &str| {
            let text = format!("dirs = [{{ host = '../{host}', guest = '/d'{rest}");
            let grants: Grants = toml::from_str(&text).unwrap();
            let sources = [top.join("sources/part")];
            let own = own(&top.join("store/cache"), &top.join("store/tools"), sources);
            let mut wasi = WasiCtxBuilder::new();
            let base = top.join("base");
            open_directory(&mut wasi, &grants.dirs[0], &base, &own, grants.allow_broad)
                .map_err(|error| error.to_string())
        };
        let write = ", access = 'read-write' }]";
        for (host, what) in [
            ("store", "poly's cache"),
            ("store/cache/objects", "poly's cache"),
            ("store/tools", "poly's tools"),
            ("sources", "what the next build is made of"),
            ("sources/part/src", "what the next build is made of"),
        ] {
            let error = keep(host, write).unwrap_err();
            assert!(error.contains(&format!("lets components change {what}")), "{error}");
            assert_eq!(keep(host, " }]"), Ok(()));
            assert_eq!(keep(host, &format!("{write}\nallow-broad = true")), Ok(()));
        }
        assert_eq!(keep("out", write), Ok(()));
    }
}

//! One `[[tool.NAME.install]]` to a [`Way`]: each way takes some keys, and needs some.

use std::ops::Range;

use toml::Spanned;

use super::definition::Way;
use super::error::Fault;
use super::file::{Text, WayFile, WayName};
use super::helpers;
use super::parse::Parser;

impl WayName {
    fn text(self) -> &'static str {
        match self {
            Self::RustupTarget => "rustup-target",
            Self::Python => "python",
            Self::Cargo => "cargo",
            Self::Go => "go",
            Self::Archive => "archive",
            Self::Helper => "helper",
            Self::Script => "script",
        }
    }

    /// The keys that it needs, and those that it takes beside them.
    fn keys(self) -> (&'static [&'static str], &'static [&'static str]) {
        match self {
            Self::RustupTarget => (&["target"], &[]),
            Self::Python => (&["packages"], &[]),
            Self::Cargo => (&["crate"], &["locked"]),
            Self::Go => (&["package"], &["module"]),
            Self::Archive => (&["platforms"], &["strip", "bin"]),
            Self::Helper => (&["helper"], &[]),
            Self::Script => (&["script"], &[]),
        }
    }
}

impl WayFile {
    /// The keys that are there, `way` left out.
    fn given(&self) -> Vec<&'static str> {
        let keys = [
            ("target", self.target.is_some()),
            ("packages", self.packages.is_some()),
            ("crate", self.crate_name.is_some()),
            ("locked", self.locked.is_some()),
            ("package", self.package.is_some()),
            ("module", self.module.is_some()),
            ("platforms", self.platforms.is_some()),
            ("strip", self.strip.is_some()),
            ("bin", self.bin.is_some()),
            ("helper", self.helper.is_some()),
            ("script", self.script.is_some()),
        ];
        keys.into_iter().filter_map(|(key, given)| given.then_some(key)).collect()
    }
}

/// The way that a file describes; `version` is the tool's `install-version`.
pub(super) fn way(
    parser: &Parser<'_>,
    file: Spanned<WayFile>,
    version: Option<&str>,
) -> Result<Way, Fault> {
    let span = file.span();
    let file = file.into_inner();
    let name = file.way;
    let (needed, taken) = name.keys();
    let given = file.given();
    if let Some(key) = given.iter().find(|key| !needed.contains(key) && !taken.contains(key)) {
        let message = format!("way `{}` does not take `{key}`", name.text());
        let keys = [needed, taken].concat().join("`, `");
        return Err(Fault::at(span, message, "here").help(format!("it takes: `{keys}`")));
    }
    if version.is_none() && name != WayName::RustupTarget {
        let message = "a tool that can be installed needs an `install-version`";
        return Err(Fault::at(span, message, "this way installs it"));
    }
    let lacking = |key: &str| {
        let message = format!("way `{}` needs `{key}`", name.text());
        Fault::at(span.clone(), message, "here")
    };
    Ok(match name {
        WayName::RustupTarget => {
            Way::RustupTarget { target: file.target.ok_or_else(|| lacking("target"))? }
        }
        WayName::Python => {
            let packages = file.packages.ok_or_else(|| lacking("packages"))?;
            Way::Python { packages: packages.into_iter().map(pinned).collect::<Result<_, _>>()? }
        }
        WayName::Cargo => Way::Cargo {
            package: file.crate_name.ok_or_else(|| lacking("crate"))?,
            locked: file.locked.unwrap_or(true),
        },
        WayName::Go => Way::Go {
            package: file.package.ok_or_else(|| lacking("package"))?,
            module: file.module,
        },
        WayName::Archive => Way::Archive {
            platforms: file.platforms.ok_or_else(|| lacking("platforms"))?.into_iter().collect(),
            strip: file.strip.unwrap_or(0),
            bin: file.bin.unwrap_or_else(|| "bin".to_owned()),
        },
        WayName::Helper => helper(&file.helper.ok_or_else(|| lacking("helper"))?)?,
        WayName::Script => {
            let name = file.script.ok_or_else(|| lacking("script"))?;
            script(parser, &name)?
        }
    })
}

fn helper(name: &Text) -> Result<Way, Fault> {
    let sources = helpers::sources(name.get_ref()).ok_or_else(|| {
        let names = helpers::names().collect::<Vec<_>>().join("`, `");
        Fault::at(name.span(), format!("poly carries no helper `{}`", name.get_ref()), "here")
            .help(format!("it carries: `{names}`"))
    })?;
    Ok(Way::Helper { name: name.get_ref().clone(), sources })
}

fn script(parser: &Parser<'_>, name: &Text) -> Result<Way, Fault> {
    let text = (parser.scripts)(name.get_ref()).ok_or_else(|| {
        let message = format!("there is no script `{}`", name.get_ref());
        Fault::at(name.span(), message, "here")
            .help("scripts lie in the directory `install` beside the toolchain's file")
    })?;
    Ok(Way::Script { name: name.get_ref().clone(), text })
}

/// A Python package with its version: without one, two machines would install two things.
fn pinned(package: Text) -> Result<String, Fault> {
    let range: Range<usize> = package.span();
    let package = package.into_inner();
    if package.contains("==") {
        return Ok(package);
    }
    let message = format!("package `{package}` has no version");
    Err(Fault::at(range, message, "here").help(format!("write `{package}==1.2.3`")))
}

//! A toolchain whose tools are locked: installed in other versions than its file says, and where
//! poly installs them, searched in its own directory first.

use std::borrow::Cow;
use std::collections::BTreeMap;

use semver::Version;

use super::definition::{Archive, Search, Tool, Toolchain, Way};

/// How a tool is locked.
#[derive(Debug, Clone, Default)]
pub struct Pin {
    /// The version.
    pub version: String,
    /// Its release archives by platform, where they are known.
    pub archives: BTreeMap<String, Archive>,
    /// Where it is searched.
    pub search: Search,
}

impl Toolchain {
    /// The same toolchain, with the tools of these names installed in these versions, as far as
    /// it accepts them and has ways that can, and searched where the pins say.
    pub fn pinned(&self, pins: &BTreeMap<String, Pin>) -> Cow<'_, Self> {
        let mut pinned = Cow::Borrowed(self);
        for (name, tool) in &self.tools {
            if let Some(tool) = pins.get(name).and_then(|pin| tool.pinned(pin)) {
                pinned.to_mut().tools.insert(name.clone(), tool);
            }
        }
        pinned
    }
}

impl Tool {
    /// The tool as it is locked; `None` if that is nothing else, or cannot be installed.
    fn pinned(&self, pin: &Pin) -> Option<Self> {
        // What poly has no way to install can only be found.
        let usual = self.install_version.as_deref().filter(|_| !self.installs.is_empty())?;
        if usual == pin.version {
            let search = pin.search;
            return (search != self.search).then(|| Self { search, ..self.clone() });
        }
        let version = Version::parse(&pin.version).ok()?;
        let installs: Vec<Way> =
            self.installs.iter().filter_map(|way| way.pinned(pin, usual)).collect();
        let can = self.accept.matches(&version) && !installs.is_empty();
        can.then(|| Self {
            install_version: Some(pin.version.clone()),
            installs,
            search: pin.search,
            ..self.clone()
        })
    }
}

impl Way {
    /// The way to the version of a pin instead of the `usual` one, if it can lead there.
    fn pinned(&self, Pin { version, archives, .. }: &Pin, usual: &str) -> Option<Self> {
        match self {
            Self::Python { packages } => {
                let (old, new) = (format!("=={usual}"), format!("=={version}"));
                let of_tool = |package: &String| package.ends_with(&old);
                packages.iter().any(of_tool).then(|| Self::Python {
                    packages: packages
                        .iter()
                        .map(|package| match package.strip_suffix(&old) {
                            Some(name) => format!("{name}{new}"),
                            None => package.clone(),
                        })
                        .collect(),
                })
            }
            Self::Archive { strip, bin, .. } => (!archives.is_empty()).then(|| Self::Archive {
                platforms: archives.clone(),
                strip: *strip,
                bin: bin.clone(),
            }),
            // There is one version of what poly carries.
            Self::Helper { .. } => None,
            Self::RustupTarget { .. }
            | Self::Cargo { .. }
            | Self::Go { .. }
            | Self::Script { .. } => Some(self.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use poly_cache::Digest;

    use super::*;
    use crate::toolchain::parse;

    fn toolchain(ways: &str) -> Toolchain {
        let text = format!(
            "name = 'fake'\nabout = ''\nlanguage = ''\nproduces = 'module'\nreproducible = true\n\
             inputs = []\n[tool.tool]\naccept = '>=1, <2'\ninstall-version = '1.5.0'\n{ways}\n\
             [[step]]\nname = 'compile'\nrun = ['{{tool:tool}}']\n"
        );
        parse::toolchain("fake.toml", &text, &|_| None).unwrap()
    }

    fn pin(version: &str, archives: &[&str]) -> BTreeMap<String, Pin> {
        let archive = |url: &&str| {
            let archive = Archive { url: (*url).to_owned(), sha256: Digest::of(url.as_bytes()) };
            ("x86_64-linux".to_owned(), archive)
        };
        let archives = archives.iter().map(archive).collect();
        [(
            "tool".to_owned(),
            Pin { version: version.to_owned(), archives, search: Search::OwnFirst },
        )]
        .into()
    }

    /// The version that is installed, and by what.
    fn installed(toolchain: &Toolchain, pins: &BTreeMap<String, Pin>) -> (String, String) {
        let toolchain = toolchain.pinned(pins);
        let tool = &toolchain.tools["tool"];
        (tool.install_version.clone().unwrap(), format!("{:?}", tool.installs))
    }

    #[test]
    fn ways_that_can_lead_to_the_pinned_version() {
        let python =
            "[[tool.tool.install]]\nway = 'python'\npackages = ['tool==1.5.0', 'x==2.0.0']\n";
        let (version, ways) = installed(&toolchain(python), &pin("1.4.0", &[]));
        assert_eq!(version, "1.4.0");
        assert_eq!(ways, r#"[Python { packages: ["tool==1.4.0", "x==2.0.0"] }]"#);

        let cargo = "[[tool.tool.install]]\nway = 'cargo'\ncrate = 'tool'\n";
        assert_eq!(installed(&toolchain(cargo), &pin("1.4.0", &[])).0, "1.4.0");

        let archive = format!(
            "[[tool.tool.install]]\nway = 'archive'\n[tool.tool.install.platforms]\n\
             x86_64-linux = {{ url = 'https://e.org/1.5', sha256 = '{}' }}\n",
            Digest::of(b"")
        );
        let (version, ways) =
            installed(&toolchain(&archive), &pin("1.4.0", &["https://e.org/1.4"]));
        assert_eq!(version, "1.4.0");
        assert!(ways.contains("https://e.org/1.4") && !ways.contains("1.5"), "{ways}");
        // Where the archive of that version is, nobody knows.
        assert_eq!(installed(&toolchain(&archive), &pin("1.4.0", &[])).0, "1.5.0");
    }

    #[test]
    fn a_version_that_is_not_accepted_is_not_installed() {
        let cargo = toolchain("[[tool.tool.install]]\nway = 'cargo'\ncrate = 'tool'\n");
        for version in ["2.0.0", "1.5.0", "no version"] {
            assert_eq!(installed(&cargo, &pin(version, &[])).0, "1.5.0", "{version}");
        }
    }
}

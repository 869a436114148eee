//! What a step, or an install, may see of poly's own environment, and of the user's settings.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

use indexmap::IndexMap;
use poly_cache::Digest;

use super::definition::Toolchain;
use super::template::{ExpandError, Values};

/// An environment: variables by name.
pub type Variables = BTreeMap<String, String>;

/// Directories of the user's, where the environment says that they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserDirectories {
    /// `HOME`.
    pub home: PathBuf,
    /// `CARGO_HOME`, else `.cargo` in the home.
    pub cargo_home: PathBuf,
    /// `RUSTUP_HOME`, else `.rustup` in the home.
    pub rustup_home: PathBuf,
    /// `XDG_CONFIG_HOME`, else `.config` in the home.
    pub config_home: PathBuf,
}

impl UserDirectories {
    /// As an environment says.
    pub fn of(variables: &Variables) -> Self {
        let named =
            |name: &str| variables.get(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let home = named("HOME").unwrap_or_else(|| PathBuf::from("/"));
        let or = |name: &str, usual: &str| named(name).unwrap_or_else(|| home.join(usual));
        Self {
            cargo_home: or("CARGO_HOME", ".cargo"),
            rustup_home: or("RUSTUP_HOME", ".rustup"),
            config_home: or("XDG_CONFIG_HOME", ".config"),
            home,
        }
    }
}

/// A settings file of the user's cannot be read.
#[derive(Debug)]
pub struct UnreadableSettings {
    /// Which.
    pub path: PathBuf,
    /// Why.
    pub source: io::Error,
}

/// Passed to everything that poly starts, and part of no key: where things are and how to
/// reach the network, not what is made.
pub const BASE_PASS: [&str; 26] = [
    "HOME",
    "USER",
    "LOGNAME",
    "PATH",
    "TMPDIR",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "no_proxy",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "NIX_SSL_CERT_FILE",
    "CURL_CA_BUNDLE",
    "REQUESTS_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "PIP_CERT",
    "NODE_EXTRA_CA_CERTS",
    "SSH_AUTH_SOCK",
    "NETRC",
];

/// Passed to what installs a tool, beside [`BASE_PASS`]: a user's choice of registries and
/// directories.
pub const INSTALL_PASS: [&str; 27] = [
    "CARGO_HOME",
    "CARGO_HTTP_CAINFO",
    "CARGO_HTTP_PROXY",
    "CARGO_NET_GIT_FETCH_WITH_CLI",
    "CARGO_NET_OFFLINE",
    "RUSTUP_HOME",
    "RUSTUP_TOOLCHAIN",
    "RUSTUP_DIST_SERVER",
    "RUSTUP_UPDATE_ROOT",
    "GOPATH",
    "GOMODCACHE",
    "GOCACHE",
    "GOPROXY",
    "GOSUMDB",
    "GONOSUMDB",
    "GONOPROXY",
    "GOPRIVATE",
    "GOINSECURE",
    "PIP_INDEX_URL",
    "PIP_EXTRA_INDEX_URL",
    "PIP_FIND_LINKS",
    "PIP_NO_INDEX",
    "PIP_TRUSTED_HOST",
    "PIP_DEFAULT_TIMEOUT",
    "PYENV_ROOT",
    "PYENV_VERSION",
    "DEBIAN_FRONTEND",
];

/// poly's own environment. Variables that are not Unicode are left out: nothing that poly
/// starts is told of them.
pub fn of_process() -> Variables {
    let unicode = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    std::env::vars_os().filter_map(unicode).collect()
}

/// Those of `process` that are in the lists, and one language for all messages.
pub fn passed<'a>(process: &Variables, lists: impl IntoIterator<Item = &'a str>) -> Variables {
    let mut variables: Variables = BASE_PASS
        .into_iter()
        .chain(lists)
        .filter_map(|name| Some((name.to_owned(), process.get(name)?.clone())))
        .collect();
    // Error messages, and the order in which some tools sort, follow the locale.
    variables.insert("LC_ALL".to_owned(), "C.UTF-8".to_owned());
    variables
}

impl Toolchain {
    /// The whole environment of this toolchain's steps. `process` is poly's own, `overrides`
    /// what the manifest says in `[toolchain.NAME.env]`.
    pub fn environment_of_steps(
        &self,
        process: &Variables,
        overrides: &IndexMap<String, String>,
        values: &Values,
    ) -> Result<Variables, ExpandError> {
        let mut variables = passed(process, self.passes());
        variables.insert("PATH".to_owned(), values.tools_path.clone());
        for (name, template) in &self.environment.set {
            variables.insert(name.clone(), template.expand(values)?);
        }
        variables.extend(overrides.iter().map(|(name, value)| (name.clone(), value.clone())));
        Ok(variables)
    }

    /// The part of it that belongs into a fingerprint: what is hashed by the toolchain's
    /// file, what it sets (placeholders as they are), and what the manifest sets.
    pub fn environment_of_key(
        &self,
        process: &Variables,
        overrides: &IndexMap<String, String>,
    ) -> Variables {
        let hashed = self.environment.hash.iter();
        let hashed = hashed.filter_map(|name| Some((name.clone(), process.get(name)?.clone())));
        let mut variables: Variables = hashed.collect();
        let set = self.environment.set.iter();
        variables.extend(set.map(|(name, template)| (name.clone(), template.text().to_owned())));
        variables.extend(overrides.iter().map(|(name, value)| (name.clone(), value.clone())));
        variables
    }

    /// The digests of the user's settings that this toolchain's tools read and that are there,
    /// by what the toolchain's file calls them: they are inputs that no manifest names.
    pub fn user_settings(
        &self,
        user: &UserDirectories,
    ) -> Result<BTreeMap<String, Digest>, UnreadableSettings> {
        let mut digests = BTreeMap::new();
        for template in &self.settings {
            let Some(path) = template.expand_for_user(user) else { continue };
            match Digest::of_file(&path) {
                Ok(digest) => {
                    digests.insert(template.text().to_owned(), digest);
                }
                Err(error)
                    if matches!(
                        error.kind(),
                        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                    ) => {}
                Err(source) => return Err(UnreadableSettings { path, source }),
            }
        }
        Ok(digests)
    }

    /// The variables that the toolchain's file passes on, hashed or not.
    pub(super) fn passes(&self) -> impl Iterator<Item = &str> {
        self.environment.hash.iter().chain(&self.environment.pass).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::Catalog;
    use super::*;

    fn variables(pairs: &[(&str, &Path)]) -> Variables {
        let text = |path: &Path| path.to_str().unwrap().to_owned();
        pairs.iter().map(|(name, path)| ((*name).to_owned(), text(path))).collect()
    }

    #[test]
    fn a_variable_says_where_a_directory_is_or_else_the_home_does() {
        let home = Path::new("/home/somebody");
        let usual = UserDirectories::of(&variables(&[("HOME", home), ("CARGO_HOME", "".as_ref())]));
        assert_eq!(usual.cargo_home, home.join(".cargo"));
        assert_eq!(usual.rustup_home, home.join(".rustup"));
        assert_eq!(usual.config_home, home.join(".config"));
        let elsewhere = UserDirectories::of(&variables(&[
            ("HOME", home),
            ("CARGO_HOME", "/opt/cargo".as_ref()),
            ("RUSTUP_HOME", "/opt/rustup".as_ref()),
        ]));
        assert_eq!(elsewhere.cargo_home, Path::new("/opt/cargo"));
        assert_eq!(elsewhere.rustup_home, Path::new("/opt/rustup"));
    }

    /// Each of these once changed what was built and not the key.
    #[test]
    fn settings_of_the_users_are_told_by_name() {
        let directory = tempfile::tempdir().unwrap();
        let at = |path: &str| directory.path().join(path);
        let catalog = Catalog::embedded();
        for (name, file, expected) in [
            ("cargo", "elsewhere/config.toml", "{cargo-home}/config.toml"),
            ("cargo-component", "home/.cargo/config.toml", "{home}/.cargo/config.toml"),
            ("tinygo", "home/.config/go/env", "{config-home}/go/env"),
        ] {
            let variables = variables(&[("HOME", &at("home")), ("CARGO_HOME", &at("elsewhere"))]);
            let told = || {
                let toolchain = catalog.get(name).unwrap();
                toolchain.user_settings(&UserDirectories::of(&variables)).unwrap()
            };
            assert_eq!(told(), BTreeMap::new(), "{name}");
            std::fs::create_dir_all(at(file).parent().unwrap()).unwrap();
            std::fs::write(at(file), name).unwrap();
            assert_eq!(
                told(),
                BTreeMap::from([(expected.to_owned(), Digest::of(name.as_bytes()))])
            );
            std::fs::remove_file(at(file)).unwrap();
        }
    }
}

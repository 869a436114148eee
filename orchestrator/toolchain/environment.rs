//! What a step, or an install, may see of poly's own environment.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::definition::Toolchain;
use super::template::{ExpandError, Values};

/// An environment: variables by name.
pub type Variables = BTreeMap<String, String>;

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

    /// The variables that the toolchain's file passes on, hashed or not.
    pub(super) fn passes(&self) -> impl Iterator<Item = &str> {
        self.environment.hash.iter().chain(&self.environment.pass).map(String::as_str)
    }
}

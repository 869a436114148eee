//! What a manifest says of WIT packages that come from elsewhere: their names, and where from.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use semver::Version;
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use thiserror::Error;
use toml::Spanned;

use super::Manifest;
use super::error::Fault;
use super::name::is_identifier;
use super::path::check_relative;
use crate::nearest::suggestion;

/// `[wit-dependencies]`: `"namespace:name" = "1.0.0"`, or a table.
#[derive(Debug, Clone)]
pub struct Dependency {
    /// The version, all of it: WIT names packages by their exact version.
    pub version: Option<Version>,
    /// The directory that holds its WIT, relative to the manifest, instead of a registry.
    pub path: Option<Spanned<String>>,
    /// The registry that has it, if not that of its namespace.
    pub registry: Option<Spanned<Registry>>,
}

/// A dependency that says more than its version.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(rename = "Dependency")]
struct DependencyTable {
    /// The version, all of it: WIT names packages by their exact version.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    version: Option<ExactVersion>,
    /// The directory that holds its WIT, relative to the manifest, instead of a registry.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    path: Option<Spanned<String>>,
    /// The registry that has it, if not that of its namespace.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    registry: Option<Spanned<Registry>>,
}

/// The name of a package of WIT without its version: `namespace:name`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct PackageRef {
    /// The namespace.
    pub namespace: String,
    /// The name in it.
    pub name: String,
}

/// Where a registry is: `host`, `host:port`, and what its repositories' names begin with
/// (`host/some/prefix`).
///
/// It is spoken to by HTTPS, unless `http://` stands before it, which is only for this very
/// machine.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Registry {
    /// The host, with its port if it is not the usual one.
    pub host: String,
    /// What stands before `namespace/name` in the names of its repositories.
    pub prefix: Option<String>,
    /// Whether it is spoken to without encryption.
    pub plain_http: bool,
}

/// Why a text is none of these. A second line is advice.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MalformedDependency {
    /// It is not a package's name.
    #[error(
        "`{0}` is not the name of a WIT package\n\
         write `namespace:name`, such as `wasi:logging`; its version stands on the right"
    )]
    Name(String),
    /// It is not a version.
    #[error("`{0}` is not a version\nwrite all of it, such as `0.1.0`: WIT names packages exactly")]
    Version(String),
    /// It is not a registry.
    #[error("`{0}` is not a registry\nwrite `host`, `host:port` or `host/prefix`")]
    Registry(String),
    /// It would be spoken to without encryption, over a network.
    #[error(
        "the registry `{0}` would be asked without encryption\n\
         leave `http://` away; it is allowed for `localhost` alone"
    )]
    PlainHttp(String),
}

/// A version in whose place an error is told with advice.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
struct ExactVersion(Version);

impl TryFrom<String> for ExactVersion {
    type Error = MalformedDependency;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse().map(Self).map_err(|_| MalformedDependency::Version(text))
    }
}

impl<'de> Deserialize<'de> for Dependency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = Dependency;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a version or a table")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Dependency, E> {
                let version = ExactVersion::try_from(text.to_owned()).map_err(E::custom)?.0;
                Ok(Dependency { version: Some(version), path: None, registry: None })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Dependency, A::Error> {
                let DependencyTable { version, path, registry } =
                    DependencyTable::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Dependency { version: version.map(|version| version.0), path, registry })
            }
        }

        deserializer.deserialize_any(Either)
    }
}

impl JsonSchema for Dependency {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "DependencyOrVersion".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let table = generator.subschema_for::<DependencyTable>();
        json_schema!({ "anyOf": [table, { "type": "string" }] })
    }
}

impl FromStr for PackageRef {
    type Err = MalformedDependency;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once(':') {
            Some((namespace, name)) if is_identifier(namespace) && is_identifier(name) => {
                Ok(Self { namespace: namespace.to_owned(), name: name.to_owned() })
            }
            _ => Err(MalformedDependency::Name(text.to_owned())),
        }
    }
}

impl TryFrom<String> for PackageRef {
    type Error = MalformedDependency;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl fmt::Display for PackageRef {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}", self.namespace, self.name)
    }
}

impl FromStr for Registry {
    type Err = MalformedDependency;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let malformed = || MalformedDependency::Registry(text.to_owned());
        let (plain_http, rest) = match text.split_once("://") {
            Some(("http", rest)) => (true, rest),
            Some(("https", rest)) => (false, rest),
            Some(_) => return Err(malformed()),
            None => (false, text),
        };
        let (host, prefix) = match rest.trim_end_matches('/').split_once('/') {
            Some((host, prefix)) => (host, Some(prefix.to_owned())),
            None => (rest.trim_end_matches('/'), None),
        };
        let of_host = |letter: char| letter.is_ascii_alphanumeric() || "-.:[]".contains(letter);
        // As the specification of OCI's distribution has the parts of a repository's name.
        let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
        let of_prefix = |part: &str| {
            part.starts_with(plain)
                && part.ends_with(plain)
                && part.chars().all(|letter| plain(letter) || "-._".contains(letter))
        };
        let fits = !host.is_empty()
            && host.chars().all(of_host)
            && prefix.as_deref().is_none_or(|prefix| prefix.split('/').all(of_prefix));
        if !fits {
            return Err(malformed());
        }
        if plain_http && !is_this_machine(host) {
            return Err(MalformedDependency::PlainHttp(text.to_owned()));
        }
        Ok(Self { host: host.to_owned(), prefix, plain_http })
    }
}

/// Whether a host, with or without a port, is the machine itself.
fn is_this_machine(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.chars().all(|digit| digit.is_ascii_digit()) => name,
        _ => host,
    };
    let address = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    name == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

impl Registry {
    /// Whether it is on the machine itself.
    pub fn is_this_machine(&self) -> bool {
        is_this_machine(&self.host)
    }
}

impl TryFrom<String> for Registry {
    type Error = MalformedDependency;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl fmt::Display for Registry {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.plain_http { "http://" } else { "" };
        write!(out, "{scheme}{}", self.host)?;
        self.prefix.as_ref().map_or(Ok(()), |prefix| write!(out, "/{prefix}"))
    }
}

/// What is wrong with the WIT dependencies of a manifest.
pub(super) fn faults(manifest: &Manifest, faults: &mut Vec<Fault>) {
    let Manifest { wit_dependencies, wit_registries, components, pipeline, .. } = manifest;
    for namespace in wit_registries.keys().filter(|name| !is_identifier(name.get_ref())) {
        let message = format!("`{}` is not a namespace of WIT", namespace.get_ref());
        let help = "write the part before the `:` of a package's name, such as `wasi`";
        faults.push(Fault::at(namespace.span(), message, "not an identifier").advise(help));
    }
    let nowhere = pipeline.wit.is_none() && components.values().all(|one| one.wit.is_none());
    for (name, dependency) in wit_dependencies {
        let package = name.get_ref();
        if let Some(path) = &dependency.path {
            if let Err(text) = check_relative("the directory of WIT", path.get_ref()) {
                faults.push(Fault::told(path.span(), &text, "not a path below the manifest"));
            }
            if let Some(registry) = &dependency.registry {
                let message = format!("`{package}` comes from a directory and from a registry");
                let fault = Fault::at(path.span(), message, "this one");
                faults
                    .push(fault.and_at(registry.span(), "or this one").advise("keep one of them"));
            }
        } else if dependency.version.is_none() {
            let message = format!("`{package}` has no version and no path");
            let help = format!("say which: `\"{package}\" = \"0.1.0\"`, or a `path`");
            faults.push(Fault::at(name.span(), message, "which one?").advise(help));
        } else if manifest.registry(package, dependency).is_none() {
            faults.push(unknown_registry(name, wit_registries));
        }
        if nowhere {
            let message = format!("`{package}` is a dependency of no WIT");
            let help = "say `wit = \"DIRECTORY\"` under `[pipeline]`: it is written below that";
            faults.push(Fault::at(name.span(), message, "written where?").advise(help));
        }
    }
}

fn unknown_registry(
    name: &Spanned<PackageRef>,
    registries: &IndexMap<Spanned<String>, Spanned<Registry>>,
) -> Fault {
    let PackageRef { namespace, .. } = name.get_ref();
    let message = format!("no registry is named for the namespace `{namespace}`");
    let known = registries.keys().map(|name| name.get_ref().as_str());
    let near = if registries.is_empty() {
        String::new()
    } else {
        format!("; {}", suggestion(namespace, known, "those that are named"))
    };
    let help = format!(
        "add `{namespace} = \"HOST\"` under `[wit-registries]`, or a `registry` or `path` here{near}"
    );
    Fault::at(name.span(), message, "from where?").advise(help)
}

impl Manifest {
    /// The registry that has a dependency: its own, or that of its namespace.
    pub fn registry<'m>(
        &'m self,
        package: &PackageRef,
        dependency: &'m Dependency,
    ) -> Option<&'m Registry> {
        let own = dependency.registry.as_ref().map(Spanned::get_ref);
        own.or_else(|| self.registry_of(&package.namespace))
    }

    /// The registry of a namespace.
    pub fn registry_of(&self, namespace: &str) -> Option<&Registry> {
        self.wit_registries.get(namespace).map(Spanned::get_ref)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registries_are_read_and_written() {
        for (text, host, prefix, plain) in [
            ("example.org", "example.org", None, false),
            ("example.org/a/b/", "example.org", Some("a/b"), false),
            ("https://example.org:443/a", "example.org:443", Some("a"), false),
            ("http://localhost:5000", "localhost:5000", None, true),
            ("http://127.0.0.1:5000/x", "127.0.0.1:5000", Some("x"), true),
            ("http://[::1]:5000", "[::1]:5000", None, true),
        ] {
            let read: Registry = text.parse().unwrap_or_else(|error| panic!("{error}"));
            let prefix = prefix.map(str::to_owned);
            assert_eq!(read, Registry { host: host.to_owned(), prefix, plain_http: plain });
            assert_eq!(read.to_string().parse(), Ok(read));
        }
        for text in ["", "/a", "ftp://a", "a b", "example.org/Upper", "a@b"] {
            assert_eq!(text.parse::<Registry>(), Err(MalformedDependency::Registry(text.into())));
        }
        for text in ["http://example.org", "http://localhost.example.org", "http://10.0.0.1:5000"] {
            assert_eq!(text.parse::<Registry>(), Err(MalformedDependency::PlainHttp(text.into())));
        }
    }

    #[test]
    fn packages_have_a_namespace_and_a_name() {
        let read: PackageRef = "wasi:http".parse().expect("a name");
        assert_eq!((&*read.namespace, &*read.name), ("wasi", "http"));
        for text in ["http", "wasi:", ":http", "wasi:http@0.2.0", "wasi/http", "a:b:c", "../a:b"] {
            assert!(text.parse::<PackageRef>().is_err(), "{text}");
        }
    }
}

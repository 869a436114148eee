//! Registries: OCI, with the names that `wkg` gives to packages of WIT.
//!
//! - A package `ns:name` at a version is the tag of that version in the repository `ns/name`,
//!   below the registry's prefix; its manifest has one layer of the type `application/wasm`
//!   (CNCF TAG Runtime, *Wasm OCI Artifacts*).
//! - A registry without a prefix may say at `/.well-known/wasm-pkg/registry.json` that its
//!   packages are elsewhere: `{"oci": {"registry": HOST, "namespacePrefix": PREFIX}}`.
//!
//! Nobody is told who asks: there are no credentials.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use oci_client::client::{ClientConfig, ClientProtocol};
use oci_client::errors::{DigestError, OciDistributionError, OciErrorCode};
use oci_client::secrets::RegistryAuth;
use oci_client::{Client, Reference, RegistryOperation};
use serde::Deserialize;
use tokio::runtime::Runtime;
use ureq::tls::{RootCerts, TlsConfig};
use wit_parser::PackageName;

use super::error::{DependencyError, RegistryError};
use crate::lock::Sha256;
use crate::manifest::Registry;
use crate::nearest::quoted;

/// A server that does not answer for this long is given up.
const PATIENCE: Duration = Duration::from_secs(20);

/// The type of the layer that holds a package.
const LAYER: &str = "application/wasm";

/// No package of WIT is larger.
const LARGEST: i64 = 64 << 20;

/// All registries that are asked in one run.
pub(super) struct Registries {
    runtime: Runtime,
    encrypted: Client,
    plain: Client,
    /// Where each registry's packages are, as it says itself.
    homes: RefCell<BTreeMap<Registry, Registry>>,
}

/// Why an answer is not the one that was hoped for.
enum Answer {
    Unreachable,
    NotFound,
    Denied,
    Tampered { found: String },
    Other,
}

impl Registries {
    pub(super) fn new() -> Result<Self, DependencyError> {
        // Already chosen by somebody else, perhaps; there is but one to choose.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let client = |protocol| {
            let config = ClientConfig {
                protocol,
                connect_timeout: Some(PATIENCE),
                read_timeout: Some(PATIENCE),
                platform_resolver: None,
                user_agent: concat!("poly/", env!("CARGO_PKG_VERSION")),
                ..ClientConfig::default()
            };
            let made = Client::try_from(config);
            made.map_err(|source| DependencyError::Network { source: source.into() })
        };
        Ok(Self {
            runtime: runtime
                .map_err(|source| DependencyError::Network { source: source.into() })?,
            encrypted: client(ClientProtocol::Https)?,
            plain: client(ClientProtocol::Http)?,
            homes: RefCell::default(),
        })
    }

    /// The digest of a package's content, as the registry has it now.
    pub(super) fn digest(
        &self,
        registry: &Registry,
        package: &PackageName,
    ) -> Result<Sha256, RegistryError> {
        let asking = Asking { registry, package };
        let home = self.home(asking)?;
        let reference =
            Reference::with_tag(home.host.clone(), repository(&home, package), tag(package));
        let pull = self.client(&home).pull_image_manifest(&reference, &RegistryAuth::Anonymous);
        let (manifest, _) = match self.runtime.block_on(pull) {
            Ok(found) => found,
            Err(error) if matches!(answer(&error), Answer::NotFound) => {
                return Err(self.not_found(asking, &home));
            }
            Err(error) => return Err(asking.failed(error)),
        };
        let origin = format!("registry `{registry}`");
        let package = package.to_string();
        let Some(layer) = manifest.layers.iter().find(|layer| layer.media_type == LAYER) else {
            return Err(RegistryError::NoWit { package, origin, source: None });
        };
        if layer.size > LARGEST {
            return Err(RegistryError::TooLarge { package, origin, size: layer.size });
        }
        layer.digest.parse().map_err(|error: String| asking.protocol(error))
    }

    /// A package's content by its digest.
    pub(super) fn content(
        &self,
        registry: &Registry,
        package: &PackageName,
        digest: Sha256,
        is_locked: bool,
    ) -> Result<Vec<u8>, RegistryError> {
        let asking = Asking { registry, package };
        let home = self.home(asking)?;
        let reference =
            Reference::with_tag(home.host.clone(), repository(&home, package), tag(package));
        let client = self.client(&home);
        let pull = async {
            client.auth(&reference, &RegistryAuth::Anonymous, RegistryOperation::Pull).await?;
            let mut bytes = Vec::new();
            client.pull_blob(&reference, digest.to_string().as_str(), &mut bytes).await?;
            Ok(bytes)
        };
        let pulled: Result<Vec<u8>, OciDistributionError> = self.runtime.block_on(pull);
        pulled.map_err(|error| match answer(&error) {
            Answer::NotFound if is_locked => RegistryError::Gone {
                registry: registry.to_string(),
                package: package.to_string(),
                digest: digest.to_string(),
            },
            Answer::Tampered { found } => RegistryError::Tampered {
                package: package.to_string(),
                registry: registry.to_string(),
                expected: digest.to_string(),
                found,
            },
            _ => asking.failed(error),
        })
    }

    /// Whether it is the package that is not there, or the version of it.
    fn not_found(&self, asking: Asking<'_>, home: &Registry) -> RegistryError {
        let Asking { registry, package } = asking;
        let reference =
            Reference::with_tag(home.host.clone(), repository(home, package), tag(package));
        let list = self.client(home).list_tags(&reference, &RegistryAuth::Anonymous, None, None);
        let tags = self.runtime.block_on(list).map(|answer| answer.tags).unwrap_or_default();
        let mut versions: Vec<semver::Version> =
            tags.iter().filter_map(|tag| tag.replace('_', "+").parse().ok()).collect();
        versions.sort_unstable();
        let name = format!("{}:{}", package.namespace, package.name);
        if versions.is_empty() {
            return RegistryError::NoPackage {
                registry: registry.to_string(),
                package: name,
                repository: format!("{}/{}", home.host, repository(home, package)),
            };
        }
        let versions: Vec<String> = versions.iter().map(ToString::to_string).collect();
        RegistryError::NoVersion {
            registry: registry.to_string(),
            package: name,
            version: package.version.as_ref().map(ToString::to_string).unwrap_or_default(),
            have: format!("it has {}", quoted(versions.iter().map(String::as_str))),
        }
    }

    fn client(&self, home: &Registry) -> &Client {
        if home.plain_http { &self.plain } else { &self.encrypted }
    }

    /// Where a registry's packages are.
    fn home(&self, asking: Asking<'_>) -> Result<Registry, RegistryError> {
        if asking.registry.prefix.is_some() {
            return Ok(asking.registry.clone());
        }
        if let Some(home) = self.homes.borrow().get(asking.registry) {
            return Ok(home.clone());
        }
        let home = asking.ask_for_home()?;
        self.homes.borrow_mut().insert(asking.registry.clone(), home.clone());
        Ok(home)
    }
}

/// What is asked of whom, for messages.
#[derive(Clone, Copy)]
struct Asking<'a> {
    registry: &'a Registry,
    package: &'a PackageName,
}

/// What a registry says of itself at its well-known address.
#[derive(Debug, Deserialize)]
struct WellKnown {
    oci: Option<WellKnownOci>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WellKnownOci {
    registry: Option<String>,
    namespace_prefix: Option<String>,
}

impl Asking<'_> {
    fn ask_for_home(self) -> Result<Registry, RegistryError> {
        let scheme = if self.registry.plain_http { "http" } else { "https" };
        let url = format!("{scheme}://{}/.well-known/wasm-pkg/registry.json", self.registry.host);
        let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
        let agent = ureq::Agent::config_builder().timeout_global(Some(PATIENCE)).tls_config(tls);
        let agent = agent.http_status_as_error(false).build().new_agent();
        let mut answer = agent.get(&url).call().map_err(|error| self.unreachable(error))?;
        // Most registries know nothing of this; then they are what they seem.
        if !answer.status().is_success() {
            return Ok(self.registry.clone());
        }
        let text = answer.body_mut().read_to_string().map_err(|error| self.unreachable(error))?;
        let Ok(WellKnown { oci: Some(oci) }) = serde_json::from_str(&text) else {
            return Ok(self.registry.clone());
        };
        let host = oci.registry.unwrap_or_else(|| self.registry.host.clone());
        let home: Registry = host.parse().map_err(|error| self.protocol(error))?;
        let prefix = oci.namespace_prefix.map(|prefix| prefix.trim_end_matches('/').to_owned());
        let plain_http = self.registry.plain_http && home.is_this_machine();
        Ok(Registry { prefix: prefix.filter(|prefix| !prefix.is_empty()), plain_http, ..home })
    }

    fn failed(self, error: OciDistributionError) -> RegistryError {
        match answer(&error) {
            Answer::Unreachable => self.unreachable(error),
            Answer::Denied => RegistryError::Denied {
                registry: self.registry.to_string(),
                package: self.package.to_string(),
            },
            _ => self.protocol(error),
        }
    }

    fn unreachable(
        self,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> RegistryError {
        RegistryError::Unreachable {
            registry: self.registry.to_string(),
            package: self.package.to_string(),
            source: source.into(),
        }
    }

    fn protocol(
        self,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> RegistryError {
        RegistryError::Protocol {
            registry: self.registry.to_string(),
            package: self.package.to_string(),
            source: source.into(),
        }
    }
}

fn answer(error: &OciDistributionError) -> Answer {
    match error {
        OciDistributionError::RequestError(error) if error.is_connect() || error.is_timeout() => {
            Answer::Unreachable
        }
        OciDistributionError::ImageManifestNotFoundError(_)
        | OciDistributionError::ServerError { code: 404, .. } => Answer::NotFound,
        OciDistributionError::RegistryError { envelope, .. } => {
            let code = envelope.errors.first().map(|error| &error.code);
            match code {
                Some(
                    OciErrorCode::BlobUnknown
                    | OciErrorCode::ManifestUnknown
                    | OciErrorCode::NameUnknown
                    | OciErrorCode::NotFound,
                ) => Answer::NotFound,
                Some(OciErrorCode::Unauthorized | OciErrorCode::Denied) => Answer::Denied,
                _ => Answer::Other,
            }
        }
        OciDistributionError::AuthenticationFailure(_)
        | OciDistributionError::UnauthorizedError { .. }
        | OciDistributionError::ServerError { code: 401 | 403, .. } => Answer::Denied,
        OciDistributionError::DigestError(DigestError::VerificationError { actual, .. }) => {
            Answer::Tampered { found: actual.clone() }
        }
        _ => Answer::Other,
    }
}

fn repository(home: &Registry, package: &PackageName) -> String {
    let prefix = home.prefix.as_deref().map(|prefix| format!("{prefix}/")).unwrap_or_default();
    format!("{prefix}{}/{}", package.namespace, package.name)
}

/// A tag may not hold a `+`.
fn tag(package: &PackageName) -> String {
    let version = package.version.as_ref();
    version.map_or_else(|| "latest".to_owned(), |version| version.to_string().replace('+', "_"))
}

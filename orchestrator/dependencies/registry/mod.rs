//! Registries: OCI, with the names that `wkg` gives to packages of WIT.
//!
//! - A package `ns:name` at a version is the tag of that version in the repository `ns/name`,
//!   below the registry's prefix; its manifest has one layer of the type `application/wasm`
//!   (CNCF TAG Runtime, *Wasm OCI Artifacts*).
//! - A registry without a prefix may say at `/.well-known/wasm-pkg/registry.json` that its
//!   packages are elsewhere: `{"oci": {"registry": HOST, "namespacePrefix": PREFIX}}`.
//!
//! Nobody is told who asks: there are no credentials.

mod asking;
mod bounded;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use oci_client::client::{ClientConfig, ClientProtocol};
use oci_client::errors::OciDistributionError;
use oci_client::manifest::{IMAGE_MANIFEST_MEDIA_TYPE, OCI_IMAGE_MEDIA_TYPE, OciImageManifest};
use oci_client::secrets::RegistryAuth;
use oci_client::{Client, Reference, RegistryOperation};
use tokio::runtime::Runtime;
use wit_parser::PackageName;

use asking::{Answer, Asking, Reply, answer};
use bounded::Bounded;

use super::error::{DependencyError, RegistryError};
use crate::lock::Sha256;
use crate::manifest::Registry;

/// A server that does not answer for this long is given up.
const PATIENCE: Duration = Duration::from_secs(20);

/// The same for the whole of a package.
const PATIENCE_IN_ALL: Duration = Duration::from_mins(2);

/// As whom poly asks.
const AGENT: &str = concat!("poly/", env!("CARGO_PKG_VERSION"));

/// The type of the layer that holds a package.
const LAYER: &str = "application/wasm";

/// No package of WIT is larger, in bytes.
const LARGEST: usize = 64 << 20;

/// All registries that are asked in one run.
pub(super) struct Registries {
    runtime: Runtime,
    encrypted: Client,
    plain: Client,
    /// Where each registry's packages are, as it says itself.
    homes: RefCell<BTreeMap<Registry, Registry>>,
    /// How long the content of one package may take.
    patience: Duration,
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
                user_agent: AGENT,
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
            patience: PATIENCE_IN_ALL,
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
        let path = format!("/v2/{}/manifests/{}", repository(&home, package), tag(package));
        let accept = format!("{OCI_IMAGE_MEDIA_TYPE}, {IMAGE_MANIFEST_MEDIA_TYPE}");
        let token = self.token(asking, &home)?;
        let manifest: OciImageManifest =
            match asking.get(&home, &path, &accept, token.as_deref())? {
                Reply::Found(text) => asking.parse(&text)?,
                Reply::NotFound => return Err(asking.not_found(&home, token.as_deref())?),
                Reply::Denied => return Err(asking.denied()),
            };
        let origin = format!("registry `{registry}`");
        let package = package.to_string();
        let Some(layer) = manifest.layers.iter().find(|layer| layer.media_type == LAYER) else {
            return Err(RegistryError::NoWit { package, origin, source: None });
        };
        if usize::try_from(layer.size).is_ok_and(|size| size > LARGEST) {
            return Err(RegistryError::TooLarge { package, origin, largest: LARGEST });
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
        let reference = reference(&home, package);
        let client = self.client(&home);
        let mut content = Bounded::new(LARGEST);
        let pulled = self.wait(asking, async {
            client.auth(&reference, &RegistryAuth::Anonymous, RegistryOperation::Pull).await?;
            client.pull_blob(&reference, digest.to_string().as_str(), &mut content).await
        })?;
        let Some(bytes) = content.bytes() else {
            let (package, origin) = (package.to_string(), format!("registry `{registry}`"));
            return Err(RegistryError::TooLarge { package, origin, largest: LARGEST });
        };
        let pulled = pulled.map(|()| bytes);
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

    /// Waits for what the client does, though not for ever.
    fn wait<T>(
        &self,
        asking: Asking<'_>,
        work: impl Future<Output = Result<T, OciDistributionError>>,
    ) -> Result<Result<T, OciDistributionError>, RegistryError> {
        let bounded = async { tokio::time::timeout(self.patience, work).await };
        self.runtime.block_on(bounded).map_err(|elapsed| asking.unreachable(elapsed))
    }

    /// What somebody who asks without credentials is given to be let in, if anything.
    fn token(&self, asking: Asking<'_>, home: &Registry) -> Result<Option<String>, RegistryError> {
        let reference = reference(home, asking.package);
        let client = self.client(home);
        let auth = client.auth(&reference, &RegistryAuth::Anonymous, RegistryOperation::Pull);
        self.wait(asking, auth)?.map_err(|error| asking.failed(error))
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

fn reference(home: &Registry, package: &PackageName) -> Reference {
    Reference::with_tag(home.host.clone(), repository(home, package), tag(package))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_waited_for_for_ever() {
        let patience = Duration::from_millis(1);
        let registries = Registries { patience, ..Registries::new().expect("a client") };
        let registry = "localhost".parse().expect("a registry");
        let package =
            PackageName { namespace: "a".to_owned(), name: "b".to_owned(), version: None };
        let asking = Asking { registry: &registry, package: &package };
        let never = std::future::pending::<Result<(), OciDistributionError>>();
        let error = registries.wait(asking, never).expect_err("it is given up");
        assert_eq!(error.to_string(), "cannot reach the registry `localhost` for `a:b`");
    }
}

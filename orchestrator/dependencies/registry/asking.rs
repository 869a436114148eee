//! What is asked of a registry over HTTP, beside blobs: where its packages are, manifests and
//! tags. No answer may be longer, or take longer, than such an answer needs.

use oci_client::errors::{DigestError, OciDistributionError, OciErrorCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use ureq::tls::{RootCerts, TlsConfig};
use wit_parser::PackageName;

use super::{AGENT, PATIENCE, repository};
use crate::dependencies::error::RegistryError;
use crate::manifest::Registry;
use crate::nearest::quoted;

/// No manifest and no list of tags is longer, in bytes.
const LONGEST: u64 = 4 << 20;

/// Where a registry says where its packages are.
const WELL_KNOWN: &str = "/.well-known/wasm-pkg/registry.json";

/// What is asked of whom, for messages.
#[derive(Clone, Copy)]
pub(super) struct Asking<'a> {
    pub(super) registry: &'a Registry,
    pub(super) package: &'a PackageName,
}

/// An answer over HTTP, as far as it is one.
pub(super) enum Reply {
    Found(String),
    NotFound,
    Denied,
}

/// Why an answer is not the one that was hoped for.
pub(super) enum Answer {
    Unreachable,
    NotFound,
    Denied,
    Tampered { found: String },
    Other,
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

/// The tags of a repository.
#[derive(Debug, Deserialize)]
struct Tags {
    #[serde(default)]
    tags: Vec<String>,
}

impl Asking<'_> {
    /// Where the registry's packages are, as it says itself.
    pub(super) fn ask_for_home(self) -> Result<Registry, RegistryError> {
        let itself = || Ok(self.registry.clone());
        // Most registries know nothing of this; then they are what they seem. Whoever tells it
        // to nobody, or has a page for people at every address, is such a one.
        let text = match self.get(self.registry, WELL_KNOWN, "application/json", None)? {
            Reply::Found(text) if text.trim_start().starts_with('{') => text,
            Reply::Found(_) | Reply::NotFound | Reply::Denied => return itself(),
        };
        let WellKnown { oci: Some(oci) } = self.parse(&text)? else { return itself() };
        let mut home = oci.registry.unwrap_or_else(|| self.registry.host.clone());
        let prefix = oci.namespace_prefix.unwrap_or_default();
        let prefix = prefix.trim_end_matches('/');
        if !prefix.is_empty() {
            home = format!("{}/{prefix}", home.trim_end_matches('/'));
        }
        let home: Registry = home.parse().map_err(|error| self.protocol(error))?;
        let plain_http = self.registry.plain_http && home.is_this_machine();
        Ok(Registry { plain_http, ..home })
    }

    /// Whether it is the package that is not there, or the version of it.
    pub(super) fn not_found(
        self,
        home: &Registry,
        token: Option<&str>,
    ) -> Result<RegistryError, RegistryError> {
        let Asking { registry, package } = self;
        let path = format!("/v2/{}/tags/list", repository(home, package));
        let tags = match self.get(home, &path, "application/json", token)? {
            Reply::Found(text) => self.parse::<Tags>(&text)?.tags,
            Reply::NotFound | Reply::Denied => Vec::new(),
        };
        let mut versions: Vec<semver::Version> =
            tags.iter().filter_map(|tag| tag.replace('_', "+").parse().ok()).collect();
        versions.sort_unstable();
        let name = format!("{}:{}", package.namespace, package.name);
        if versions.is_empty() {
            return Ok(RegistryError::NoPackage {
                registry: registry.to_string(),
                package: name,
                repository: format!("{}/{}", home.host, repository(home, package)),
            });
        }
        let versions: Vec<String> = versions.iter().map(ToString::to_string).collect();
        Ok(RegistryError::NoVersion {
            registry: registry.to_string(),
            package: name,
            version: package.version.as_ref().map(ToString::to_string).unwrap_or_default(),
            have: format!("it has {}", quoted(versions.iter().map(String::as_str))),
        })
    }

    /// What a host says to a request for a path.
    pub(super) fn get(
        self,
        of: &Registry,
        path: &str,
        accept: &str,
        token: Option<&str>,
    ) -> Result<Reply, RegistryError> {
        let scheme = if of.plain_http { "http" } else { "https" };
        let url = format!("{scheme}://{}{path}", of.host);
        let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
        let agent = ureq::Agent::config_builder().timeout_global(Some(PATIENCE)).tls_config(tls);
        let agent = agent.user_agent(AGENT).http_status_as_error(false);
        // Nobody is to be led away from encryption.
        let agent = agent.https_only(!of.plain_http).build().new_agent();
        let mut request = agent.get(&url).header("accept", accept);
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let mut answer = request.call().map_err(|error| self.unanswered(error))?;
        match answer.status().as_u16() {
            200..=299 => {
                let body = answer.body_mut().with_config().limit(LONGEST);
                body.read_to_string().map(Reply::Found).map_err(|error| self.unanswered(error))
            }
            404 | 410 => Ok(Reply::NotFound),
            401 | 403 => Ok(Reply::Denied),
            status => Err(self.protocol(format!("it answers {status} to {url}"))),
        }
    }

    pub(super) fn parse<T: DeserializeOwned>(self, text: &str) -> Result<T, RegistryError> {
        serde_json::from_str(text).map_err(|error| self.protocol(error))
    }

    fn unanswered(self, error: ureq::Error) -> RegistryError {
        match error {
            ureq::Error::BodyExceedsLimit(_)
            | ureq::Error::RequireHttpsOnly(_)
            | ureq::Error::TooManyRedirects
            | ureq::Error::Protocol(_) => self.protocol(error),
            _ => self.unreachable(error),
        }
    }

    pub(super) fn failed(self, error: OciDistributionError) -> RegistryError {
        match answer(&error) {
            Answer::Unreachable => self.unreachable(error),
            Answer::Denied => self.denied(),
            _ => self.protocol(error),
        }
    }

    pub(super) fn denied(self) -> RegistryError {
        RegistryError::Denied {
            registry: self.registry.to_string(),
            package: self.package.to_string(),
        }
    }

    pub(super) fn unreachable(
        self,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> RegistryError {
        RegistryError::Unreachable {
            registry: self.registry.to_string(),
            package: self.package.to_string(),
            source: source.into(),
        }
    }

    pub(super) fn protocol(
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

/// What an error of the client says.
pub(super) fn answer(error: &OciDistributionError) -> Answer {
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

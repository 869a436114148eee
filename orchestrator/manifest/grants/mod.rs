//! `[grants]`: what the composed component may touch.
//!
//! | file | what it owns |
//! |---|---|
//! | `switch` | a key that is off, on, or on in a way of its own |
//! | `origin` | whom HTTP requests may go to |
//! | `socket` | addresses for TCP and UDP |
//! | `clock` | which time clocks tell |
//! | `faults` | what is wrong with a whole table of grants |

mod clock;
mod faults;
mod origin;
mod socket;
mod switch;
#[cfg(test)]
mod tests;

pub use clock::{ClockSettings, MalformedClock, Moment, Scale};
pub(super) use faults::faults;
pub(crate) use origin::read_port;
pub use origin::{Host, HttpOrigin, HttpScheme, MalformedOrigin};
pub use socket::{MalformedSocket, SocketGrant};
pub use switch::{Output, Switch};

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;
use toml::de::DeTable;

use super::Manifest;

/// `[grants]`: what the composed component may touch.
///
/// After composing, equal imports of all parts become one: a grant to one part is a grant
/// to all.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Grants {
    /// Directories.
    pub dirs: Vec<DirectoryGrant>,
    /// Environment variables with fixed values.
    pub env: IndexMap<String, String>,
    /// Environment variables passed on from poly's own environment, by name; `*` is all of them.
    #[schemars(with = "Vec<String>")]
    pub inherit_env: Vec<Spanned<String>>,
    /// Environment variables passed on from poly's own environment, by name, which must be set and
    /// whose values are never shown: `[secret NAME]` stands for them in all that poly tells.
    #[schemars(with = "Vec<String>")]
    pub secrets: Vec<Spanned<String>>,
    /// Command-line arguments.
    pub args: Vec<String>,
    /// Whether it reads poly's standard input, or which file it reads in its place.
    pub stdin: Switch<FileTarget>,
    /// Whether what it writes to standard output is kept and shown, goes straight to poly's own
    /// (`"inherit"`), or into a file.
    pub stdout: Output,
    /// The same for standard error.
    pub stderr: Output,
    /// Whether clocks tell the real time, or another; else time begins on 1 January 2000 and
    /// passes only by reading it and by sleeping.
    #[schemars(with = "Switch<clock::ClockTable>")]
    pub clocks: Switch<ClockSettings>,
    /// Whether random numbers are random, or come from a seed of your own; else they are the same
    /// in every run.
    pub random: Switch<RandomSettings>,
    /// Whom it may send HTTP requests to: `SCHEME://HOST:PORT`.
    #[schemars(with = "Vec<String>")]
    pub http: Vec<Spanned<String>>,
    /// Names whose addresses it may look up.
    #[schemars(with = "Vec<String>")]
    pub names: Vec<Spanned<String>>,
    /// Socket addresses (`ADDRESS:PORT`) it may connect to by TCP or send to by UDP; with `tcp://`
    /// or `udp://` before it, only by that one.
    #[schemars(with = "Vec<String>")]
    pub network: Vec<Spanned<String>>,
    /// Whether requests may go to names that lead to addresses of private networks, and to
    /// `localhost`.
    pub private_addresses: bool,
    /// Whether a grant may be as broad as the file system, a home directory, the manifest's own
    /// directory to write to, the whole environment or any host.
    pub allow_broad: bool,
}

/// A directory of the host, seen by the guest.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DirectoryGrant {
    /// The host's directory, relative to the manifest.
    #[schemars(with = "String")]
    pub host: Spanned<String>,
    /// What the guest sees it as, such as `/data`.
    pub guest: String,
    /// What may be done there.
    #[serde(default)]
    pub access: Access,
}

/// What may be done in a granted directory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    /// Read only.
    #[default]
    Read,
    /// Read, create, change and remove.
    ReadWrite,
}

/// A file in the place of a stream.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FileTarget {
    /// The file, relative to the manifest, below the manifest's own directory.
    #[schemars(with = "String")]
    pub file: Spanned<String>,
}

/// Which random numbers there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RandomSettings {
    /// What they are computed from: equal seeds give equal numbers.
    pub seed: u64,
}

impl Manifest {
    /// Where a key of `[grants]` stands, as `FILE:LINE`; the file alone, if it stands nowhere.
    pub fn place_of_grant(&self, key: &str) -> String {
        let (file, text) = (self.source.name(), self.source.text());
        let document = DeTable::parse(text).ok();
        let grants =
            document.as_ref().and_then(|document| match document.get_ref().get("grants") {
                Some(grants) => grants.get_ref().as_table(),
                None => None,
            });
        let place = grants.and_then(|grants| grants.get_key_value(key));
        match place {
            Some((key, _)) => {
                let (line, _) = self.line_and_column(key.span().start);
                format!("{file}:{line}")
            }
            None => file.to_owned(),
        }
    }
}

impl Grants {
    /// The variable that stands for all of poly's own in `inherit-env`.
    pub const WHOLE_ENVIRONMENT: &str = "*";

    /// Whether all of poly's own environment is passed on.
    pub fn inherits_all(&self) -> bool {
        self.inherit_env.iter().any(|name| name.get_ref() == Self::WHOLE_ENVIRONMENT)
    }
}

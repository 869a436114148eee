//! A content-addressed store of what actions made, and the records that say how.
//!
//! - A **digest** is the SHA-256 of bytes; a **blob** is bytes kept under their digest.
//! - An **artifact** is what an action made: the digest and the size of a blob.
//! - A **key** is the digest of an action's **fingerprint**, everything that it depends on; a
//!   **record** joins a key and its fingerprint to the artifact that was made.
//! - A **memo** remembers the digests of files by their metadata, so that a file that was not
//!   touched is not read again; a **stat cache** does the same for a whole tree.
//!
//! The crate knows nothing of components or toolchains: a fingerprint is whatever can be
//! serialised. It never prints, and never trusts what it reads: a blob that is not what its
//! name says, and a record that cannot be read, are removed, reported as [`Damaged`], and
//! otherwise as if they had never been there.
//!
//! | file | what it owns |
//! |---|---|
//! | `digest` | [`Digest`] |
//! | `store` | [`Store`]: the layout on disk, blobs, locks |
//! | `record` | [`Record`], [`Artifact`], and how records are kept |
//! | `memo` | [`StatMemo`]: a few files, and notes about them |
//! | `stat_cache` | [`StatCache`]: a tree of many |
//! | `write` | files that are there whole or not at all |

mod digest;
mod memo;
mod record;
mod stat_cache;
mod store;
mod write;

pub use digest::{Digest, MalformedDigest};
pub use memo::{Stat, StatMemo};
pub use record::{Artifact, Record};
pub use stat_cache::{Entry, EntryKind, StatCache};
pub use store::{Damaged, Lock, Store, StoreError};

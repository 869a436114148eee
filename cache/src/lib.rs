//! A content-addressed store of what actions made, and the records that say how.
//!
//! - A **digest** is the SHA-256 of bytes; a **blob** is bytes kept under their digest.
//! - An **artifact** is what an action made: the digest and the size of a blob.
//! - A **key** is the digest of an action's **fingerprint**, everything that it depends on; a
//!   **record** joins a key and its fingerprint to the artifact that was made, and to what was
//!   noticed on the way.
//! - A **memo** remembers the digests of files by their metadata, so that a file that was not
//!   touched is not read again; a **stat cache** does the same for a whole tree.
//!
//! The crate knows nothing of components or toolchains: a fingerprint, or what was noticed, is
//! whatever can be serialised, and how much is kept is for its caller to say. It never prints, and never trusts
//! what it reads: a blob that is not what its name says, and a record that is not as it was
//! written, are removed, reported as [`Damaged`], and otherwise as if they had never been there.
//!
//! | file | what it owns |
//! |---|---|
//! | `digest` | [`Digest`] |
//! | `layout` | where everything is on disk, and how it is opened |
//! | `store` | [`Store`]: blobs, found, put and verified, and the notes of what is used |
//! | `record` | [`Record`], [`Artifact`], and how records are kept |
//! | `lock` | [`Lock`], and leases: who uses the store |
//! | `entry` | [`Kind`], [`Tally`], [`Annex`]: what can be collected |
//! | `collect` | [`Keeper`]: the protocol of collection |
//! | `keep` | [`Keeper`]: counting, verifying and clearing |
//! | `ahead` | [`Ahead`]: a file that is read before it is needed |
//! | `root` | [`Root`]: looks below a directory |
//! | `memo` | [`StatMemo`]: a few files, and notes about them |
//! | `stat_cache` | [`StatCache`]: a tree of many |
//! | `write` | files that are there whole or not at all |
//! | `error` | [`StoreError`], [`Damaged`] |

mod ahead;
mod collect;
mod digest;
mod entry;
mod error;
mod keep;
mod layout;
mod lock;
mod memo;
mod record;
mod root;
mod stat_cache;
mod store;
mod write;

pub use ahead::Ahead;
pub use collect::{Bounds, Collected, Keeper, sum};
pub use digest::{Digest, MalformedDigest};
pub use entry::{Annex, Kind, Tallies, Tally};
pub use error::{Damaged, StoreError};
pub use keep::{Survey, Verified};
pub use lock::{Lock, lock_file};
pub use memo::{Stat, StatMemo};
pub use record::{Artifact, Record};
pub use root::{PASSED, Root};
pub use stat_cache::{Entry, EntryKind, Hit, StatCache, Unreadable};
pub use store::Store;

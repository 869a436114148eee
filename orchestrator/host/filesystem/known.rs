//! What a component has open, what it was refused, and what it may still write.

use std::collections::BTreeMap;

use wasmtime::component::Resource;
use wasmtime_wasi::p2::bindings::filesystem::types::{ErrorCode, HostDescriptor as _};
use wasmtime_wasi::p2::{DynOutputStream, FsError, FsResult};

use super::Noted;
use super::written::{Counted, Reached, Written};
use crate::host::secrets::Secrets;
use crate::manifest::{Access, DirectoryGrant, normal};

/// How many characters of a path are remembered.
const LONGEST: usize = 256;

/// What is known of the files and directories that a component has open.
pub(in crate::host) struct Files {
    grants: Vec<DirectoryGrant>,
    secrets: Secrets,
    written: Written,
    /// By number, as the component has it, of those that came out of a granted directory.
    open: BTreeMap<u32, Place>,
}

struct Place {
    /// Which grant.
    grant: usize,
    /// Its path as the component would write it.
    path: String,
    reached: Reached,
}

impl Files {
    /// Of a component that has these directories, in this order, and these secrets.
    pub(in crate::host) fn of(
        grants: &[DirectoryGrant],
        secrets: &Secrets,
        written: Written,
    ) -> Self {
        let (grants, secrets) = (grants.to_vec(), secrets.clone());
        Self { grants, secrets, written, open: BTreeMap::new() }
    }

    /// `descriptor` is the directory of a grant.
    pub(super) fn granted(&mut self, descriptor: u32, grant: usize, path: String) {
        self.open.insert(descriptor, Place { grant, path, reached: Reached::default() });
    }

    /// `descriptor` is what lies at a path in a directory, and reaches so far.
    pub(super) fn opened(&mut self, descriptor: u32, directory: u32, path: &str, end: u64) {
        let Some((grant, path)) = self.below(directory, path) else { return };
        let reached = Reached::default();
        reached.set(end);
        self.open.insert(descriptor, Place { grant, path, reached });
    }

    pub(super) fn closed(&mut self, descriptor: u32) {
        self.open.remove(&descriptor);
    }

    /// How far the file reaches that is open as `descriptor`, if it may be written to.
    pub(super) fn reached(&self, descriptor: u32) -> Option<Reached> {
        let place = self.open.get(&descriptor)?;
        let writable = self.grants[place.grant].access == Access::ReadWrite;
        writable.then(|| place.reached.clone())
    }

    /// Counts bytes that are about to be written to what is open as `descriptor`, and says how many it
    /// counted.
    pub(super) fn promise(&self, descriptor: u32, bytes: u64) -> FsResult<u64> {
        // Where nothing may be written nothing is, and the runtime says so.
        let bytes = self.reached(descriptor).map_or(0, |_| bytes);
        self.written.promise(bytes).map_err(FsError::trap)?;
        Ok(bytes)
    }

    /// Takes back what was promised if it was not done.
    pub(super) fn settle<T>(&self, promised: u64, result: &FsResult<T>) {
        if result.is_err() {
            self.written.take_back(promised);
        }
    }

    /// Which grant a path in a directory is of, and that path as the component would write it.
    fn below(&self, directory: u32, path: &str) -> Option<(usize, String)> {
        let Place { grant, path: directory, .. } = self.open.get(&directory)?;
        let mut path = match path {
            "" => directory.clone(),
            path => format!("{}/{path}", directory.trim_end_matches('/')),
        };
        self.secrets.hide(&mut path);
        // A component could make them as long as it likes.
        Some((*grant, path.chars().take(LONGEST).collect()))
    }
}

/// What a function of `wasi:filesystem` does to what it names.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Does {
    Look,
    Change,
}

impl Noted<'_> {
    /// Notes a result that says `not-permitted` of `path` in what is open as `descriptor`.
    pub(super) fn note<T>(
        &self,
        function: &'static str,
        does: Does,
        descriptor: u32,
        path: &str,
        result: &FsResult<T>,
    ) {
        let Err(error) = result else { return };
        if error.downcast_ref() != Some(&ErrorCode::NotPermitted) {
            return;
        }
        let Some((grant, wanted)) = self.files.below(descriptor, path) else { return };
        let DirectoryGrant { host, guest, access } = &self.files.grants[grant];
        self.refusals.note(function, Some(&wanted), || {
            if does == Does::Change && *access == Access::Read && !leads_out(path) {
                let host = host.get_ref();
                format!(
                    "dirs = [{{ host = {host:?}, guest = {guest:?}, access = \"read-write\" }}]"
                )
            } else {
                "dirs = [{ host = \"...\", guest = \"...\" }]".to_owned()
            }
        });
    }

    /// The same of two places, of which the one is named that is refused.
    pub(super) fn note_one_of<T>(
        &self,
        function: &'static str,
        places: [(u32, &str); 2],
        result: &FsResult<T>,
    ) {
        let outside = places.iter().find(|(_, path)| leads_out(path));
        let unchanging =
            || places.iter().find(|(descriptor, _)| self.files.reached(*descriptor).is_none());
        // Where a link leads is not known here.
        let (descriptor, path) = *outside.or_else(unchanging).unwrap_or(&places[0]);
        self.note(function, Does::Change, descriptor, path, result);
    }

    /// Counts `length` bytes that are about to be written at `position`, and what lies between there
    /// and the file's end; says what it counted.
    pub(super) async fn promise_bytes(
        &mut self,
        descriptor: u32,
        position: u64,
        length: u64,
    ) -> FsResult<u64> {
        let Some(reached) = self.files.reached(descriptor) else { return Ok(0) };
        if position > reached.get() {
            // Others may have written to it.
            let found = self.inner.stat(Resource::new_borrow(descriptor)).await?;
            reached.extend(found.size);
        }
        self.files.promise(descriptor, reached.cost(position, length))
    }

    /// The same stream, which counts what is written to it.
    pub(super) fn counted(
        &mut self,
        descriptor: u32,
        position: Option<u64>,
        stream: Resource<DynOutputStream>,
    ) -> FsResult<Resource<DynOutputStream>> {
        let Some(reached) = self.files.reached(descriptor) else { return Ok(stream) };
        let inner = self.inner.table.delete(stream)?;
        let counted = Counted::new(inner, position, reached, self.files.written.clone());
        let counted: DynOutputStream = Box::new(counted);
        Ok(self.inner.table.push(counted)?)
    }
}

/// Whether a path ends or goes outside of where it begins, whatever links there are.
fn leads_out(path: &str) -> bool {
    path.starts_with('/') || normal(path).is_none()
}

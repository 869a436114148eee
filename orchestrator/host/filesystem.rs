//! Notes what a component tried with files and was not granted. What it may do is decided by
//! wasmtime-wasi, which says `not-permitted` to what leads out of a granted directory or changes
//! one that is granted for reading; every call goes through here to it.
//!
//! What the component's own runtime refuses is not seen: most look through the list of granted
//! directories by themselves and ask the host for nothing that lies in none.

use std::collections::BTreeMap;

use wasmtime::component::{HasData, Linker, Resource};
use wasmtime_wasi::filesystem::{Descriptor, WasiFilesystemCtxView};
use wasmtime_wasi::p2::bindings::filesystem::preopens;
use wasmtime_wasi::p2::bindings::filesystem::types::{
    self, Advice, DescriptorFlags, DescriptorStat, DescriptorType, DirectoryEntry,
    DirectoryEntryStream, ErrorCode, HostDescriptor, HostDirectoryEntryStream, MetadataHashValue,
    NewTimestamp, OpenFlags, PathFlags,
};
use wasmtime_wasi::p2::{DynInputStream, DynOutputStream, FsError, FsResult};

use super::context::Context;
use super::refusals::Refusals;
use super::secrets::Secrets;
use crate::manifest::{Access, DirectoryGrant, normal};

/// How many characters of a path are remembered.
const LONGEST: usize = 256;

/// What is known of the files and directories that a component has open.
#[derive(Default)]
pub(super) struct Files {
    grants: Vec<DirectoryGrant>,
    secrets: Secrets,
    /// By number, as the component has it, of those that came out of a granted directory.
    open: BTreeMap<u32, Place>,
}

#[derive(Debug, Clone)]
struct Place {
    /// Which grant.
    grant: usize,
    /// Its path as the component would write it.
    path: String,
}

impl Files {
    /// Of a component that has these directories, in this order, and these secrets.
    pub(super) fn of(grants: &[DirectoryGrant], secrets: &Secrets) -> Self {
        Self { grants: grants.to_vec(), secrets: secrets.clone(), open: BTreeMap::new() }
    }

    fn is_for_reading(&self, descriptor: u32) -> bool {
        let place = self.open.get(&descriptor);
        place.is_some_and(|place| self.grants[place.grant].access == Access::Read)
    }

    fn below(&self, directory: u32, path: &str) -> Option<Place> {
        let Place { grant, path: directory } = self.open.get(&directory)?;
        let mut path = match path {
            "" => directory.clone(),
            path => format!("{}/{path}", directory.trim_end_matches('/')),
        };
        self.secrets.hide(&mut path);
        // A component could make them as long as it likes.
        Some(Place { grant: *grant, path: path.chars().take(LONGEST).collect() })
    }
}

/// Puts the noting in front of the real thing.
pub(super) fn link(linker: &mut Linker<Context>) -> wasmtime::Result<()> {
    preopens::add_to_linker::<Context, Noting>(linker, noted)?;
    types::add_to_linker::<Context, Noting>(linker, noted)
}

fn noted(context: &mut Context) -> Noted<'_> {
    let granted = &mut context.granted;
    Noted {
        inner: WasiFilesystemCtxView { ctx: granted.wasi.filesystem(), table: &mut context.table },
        files: &mut granted.files,
        refusals: &granted.refusals,
    }
}

struct Noting;

impl HasData for Noting {
    type Data<'a> = Noted<'a>;
}

struct Noted<'a> {
    inner: WasiFilesystemCtxView<'a>,
    files: &'a mut Files,
    refusals: &'a Refusals,
}

/// What a function of `wasi:filesystem` does to what it names.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Does {
    Look,
    Change,
}

impl Noted<'_> {
    /// Notes a result that says `not-permitted` of `path` in what is open as `descriptor`.
    fn note<T>(
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
        let Some(place) = self.files.below(descriptor, path) else { return };
        let DirectoryGrant { host, guest, access } = &self.files.grants[place.grant];
        self.refusals.note(function, Some(&place.path), || {
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
    fn note_one_of<T>(
        &self,
        function: &'static str,
        places: [(u32, &str); 2],
        result: &FsResult<T>,
    ) {
        let outside = places.iter().find(|(_, path)| leads_out(path));
        let unchanging =
            || places.iter().find(|(descriptor, _)| self.files.is_for_reading(*descriptor));
        // Where a link leads is not known here.
        let (descriptor, path) = *outside.or_else(unchanging).unwrap_or(&places[0]);
        self.note(function, Does::Change, descriptor, path, result);
    }
}

/// Whether a path ends or goes outside of where it begins, whatever links there are.
fn leads_out(path: &str) -> bool {
    path.starts_with('/') || normal(path).is_none()
}

impl preopens::Host for Noted<'_> {
    fn get_directories(&mut self) -> wasmtime::Result<Vec<(Resource<Descriptor>, String)>> {
        let directories = preopens::Host::get_directories(&mut self.inner)?;
        for (grant, (directory, path)) in directories.iter().enumerate() {
            self.files.open.insert(directory.rep(), Place { grant, path: path.clone() });
        }
        Ok(directories)
    }
}

impl types::Host for Noted<'_> {
    fn convert_error_code(&mut self, error: FsError) -> wasmtime::Result<ErrorCode> {
        self.inner.convert_error_code(error)
    }

    fn filesystem_error_code(
        &mut self,
        error: Resource<wasmtime::Error>,
    ) -> wasmtime::Result<Option<ErrorCode>> {
        self.inner.filesystem_error_code(error)
    }
}

/// Functions that look at what is open, and that nothing refuses.
macro_rules! passed_on {
    ($($name:ident($($argument:ident: $of:ty),*) -> $result:ty;)*) => {$(
        async fn $name(
            &mut self,
            descriptor: Resource<Descriptor>,
            $($argument: $of,)*
        ) -> FsResult<$result> {
            self.inner.$name(descriptor, $($argument),*).await
        }
    )*};
}

/// Functions of one descriptor, and perhaps of a path below it.
macro_rules! noted {
    ($($does:ident $wit:literal $name:ident($($argument:ident: $of:ty),*) at $path:expr, -> $result:ty;)*) => {$(
        async fn $name(
            &mut self,
            descriptor: Resource<Descriptor>,
            $($argument: $of,)*
        ) -> FsResult<$result> {
            let (number, path) = (descriptor.rep(), String::from($path));
            let result = self.inner.$name(descriptor, $($argument),*).await;
            let function = concat!("wasi:filesystem/types.", $wit);
            self.note(function, Does::$does, number, &path, &result);
            result
        }
    )*};
}

impl HostDescriptor for Noted<'_> {
    passed_on! {
        advise(offset: u64, length: u64, advice: Advice) -> ();
        sync_data() -> ();
        get_flags() -> DescriptorFlags;
        get_type() -> DescriptorType;
        read(length: u64, offset: u64) -> (Vec<u8>, bool);
        read_directory() -> Resource<DirectoryEntryStream>;
        sync() -> ();
        stat() -> DescriptorStat;
        metadata_hash() -> MetadataHashValue;
    }

    noted! {
        Change "set-size" set_size(size: u64) at "", -> ();
        Change "set-times" set_times(accessed: NewTimestamp, modified: NewTimestamp) at "", -> ();
        Change "write" write(bytes: Vec<u8>, offset: u64) at "", -> u64;
        Change "create-directory-at" create_directory_at(path: String) at &*path, -> ();
        Look "stat-at" stat_at(flags: PathFlags, path: String) at &*path, -> DescriptorStat;
        Change "set-times-at" set_times_at(
            flags: PathFlags, path: String, accessed: NewTimestamp, modified: NewTimestamp
        ) at &*path, -> ();
        Look "readlink-at" readlink_at(path: String) at &*path, -> String;
        Change "remove-directory-at" remove_directory_at(path: String) at &*path, -> ();
        Change "symlink-at" symlink_at(target: String, path: String) at &*path, -> ();
        Change "unlink-file-at" unlink_file_at(path: String) at &*path, -> ();
        Look "metadata-hash-at" metadata_hash_at(flags: PathFlags, path: String) at &*path,
            -> MetadataHashValue;
    }

    async fn link_at(
        &mut self,
        descriptor: Resource<Descriptor>,
        flags: PathFlags,
        path: String,
        to: Resource<Descriptor>,
        new_path: String,
    ) -> FsResult<()> {
        let (from, into) = ((descriptor.rep(), path.clone()), (to.rep(), new_path.clone()));
        let linked = self.inner.link_at(descriptor, flags, path, to, new_path).await;
        let places = [(from.0, &*from.1), (into.0, &*into.1)];
        self.note_one_of("wasi:filesystem/types.link-at", places, &linked);
        linked
    }

    async fn rename_at(
        &mut self,
        descriptor: Resource<Descriptor>,
        path: String,
        to: Resource<Descriptor>,
        new_path: String,
    ) -> FsResult<()> {
        let (from, into) = ((descriptor.rep(), path.clone()), (to.rep(), new_path.clone()));
        let renamed = self.inner.rename_at(descriptor, path, to, new_path).await;
        let places = [(from.0, &*from.1), (into.0, &*into.1)];
        self.note_one_of("wasi:filesystem/types.rename-at", places, &renamed);
        renamed
    }

    async fn open_at(
        &mut self,
        descriptor: Resource<Descriptor>,
        path_flags: PathFlags,
        path: String,
        open_flags: OpenFlags,
        flags: DescriptorFlags,
    ) -> FsResult<Resource<Descriptor>> {
        let changes = open_flags.intersects(OpenFlags::CREATE | OpenFlags::TRUNCATE)
            || flags.intersects(DescriptorFlags::WRITE | DescriptorFlags::MUTATE_DIRECTORY);
        let does = if changes { Does::Change } else { Does::Look };
        let number = descriptor.rep();
        let opening = self.inner.open_at(descriptor, path_flags, path.clone(), open_flags, flags);
        let opened = opening.await;
        self.note("wasi:filesystem/types.open-at", does, number, &path, &opened);
        if let (Ok(opened), Some(place)) = (&opened, self.files.below(number, &path)) {
            self.files.open.insert(opened.rep(), place);
        }
        opened
    }

    fn drop(&mut self, descriptor: Resource<Descriptor>) -> wasmtime::Result<()> {
        self.files.open.remove(&descriptor.rep());
        HostDescriptor::drop(&mut self.inner, descriptor)
    }

    fn read_via_stream(
        &mut self,
        descriptor: Resource<Descriptor>,
        offset: u64,
    ) -> FsResult<Resource<DynInputStream>> {
        self.inner.read_via_stream(descriptor, offset)
    }

    fn write_via_stream(
        &mut self,
        descriptor: Resource<Descriptor>,
        offset: u64,
    ) -> FsResult<Resource<DynOutputStream>> {
        let number = descriptor.rep();
        let stream = self.inner.write_via_stream(descriptor, offset);
        self.note("wasi:filesystem/types.write-via-stream", Does::Change, number, "", &stream);
        stream
    }

    fn append_via_stream(
        &mut self,
        descriptor: Resource<Descriptor>,
    ) -> FsResult<Resource<DynOutputStream>> {
        let number = descriptor.rep();
        let stream = self.inner.append_via_stream(descriptor);
        self.note("wasi:filesystem/types.append-via-stream", Does::Change, number, "", &stream);
        stream
    }

    async fn is_same_object(
        &mut self,
        one: Resource<Descriptor>,
        other: Resource<Descriptor>,
    ) -> wasmtime::Result<bool> {
        self.inner.is_same_object(one, other).await
    }
}

impl HostDirectoryEntryStream for Noted<'_> {
    async fn read_directory_entry(
        &mut self,
        stream: Resource<DirectoryEntryStream>,
    ) -> FsResult<Option<DirectoryEntry>> {
        self.inner.read_directory_entry(stream).await
    }

    fn drop(&mut self, stream: Resource<DirectoryEntryStream>) -> wasmtime::Result<()> {
        HostDirectoryEntryStream::drop(&mut self.inner, stream)
    }
}

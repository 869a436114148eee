//! Notes what a component tried with files and was not granted. What it may do is decided by
//! wasmtime-wasi, which says `not-permitted` to what leads out of a granted directory or changes
//! one that is granted for reading; every call goes through here to it.
//!
//! What it writes is counted before it is written (see `written.rs`), a directory is read as it is asked
//! for (see `listing.rs`), and what is neither a file nor a directory is not opened: a pipe or a device
//! could keep a thread of the host's for ever, of which there are only so many.
//!
//! What the component's own runtime refuses is not seen: most look through the list of granted
//! directories by themselves and ask the host for nothing that lies in none.

mod known;
mod listing;
mod written;

use std::sync::Arc;

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

pub(super) use known::Files;
pub(super) use written::Written;

use known::Does;
use listing::Listing;
use written::NAME;

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

/// Whether somebody may wait for ever who opens or reads what is of this type.
fn waits(of: DescriptorType) -> bool {
    !matches!(
        of,
        DescriptorType::RegularFile | DescriptorType::Directory | DescriptorType::SymbolicLink
    )
}

impl preopens::Host for Noted<'_> {
    fn get_directories(&mut self) -> wasmtime::Result<Vec<(Resource<Descriptor>, String)>> {
        let directories = preopens::Host::get_directories(&mut self.inner)?;
        for (grant, (directory, path)) in directories.iter().enumerate() {
            self.files.granted(directory.rep(), grant, path.clone());
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

/// Functions of one descriptor, and perhaps of a path below it, and what counts as written.
macro_rules! noted {
    ($($does:ident $wit:literal $name:ident($($argument:ident: $of:ty),*) at $path:expr,
        $(writes $bytes:expr,)? -> $result:ty;)*) => {$(
        async fn $name(
            &mut self,
            descriptor: Resource<Descriptor>,
            $($argument: $of,)*
        ) -> FsResult<$result> {
            let (number, path) = (descriptor.rep(), String::from($path));
            let promised = self.files.promise(number, 0 $(+ $bytes)?)?;
            let result = self.inner.$name(descriptor, $($argument),*).await;
            self.files.settle(promised, &result);
            let function = concat!("wasi:filesystem/types.", $wit);
            self.note(function, Does::$does, number, &path, &result);
            result
        }
    )*};
}

/// Functions that give what lies at a path below one descriptor a name below another.
macro_rules! named {
    ($($wit:literal $name:ident($($argument:ident: $of:ty)?);)*) => {$(
        async fn $name(
            &mut self,
            descriptor: Resource<Descriptor>,
            $($argument: $of,)?
            path: String,
            to: Resource<Descriptor>,
            new_path: String,
        ) -> FsResult<()> {
            let (from, into) = ((descriptor.rep(), path.clone()), (to.rep(), new_path.clone()));
            let promised = self.files.promise(into.0, NAME)?;
            let result = self.inner.$name(descriptor, $($argument,)? path, to, new_path).await;
            self.files.settle(promised, &result);
            let places = [(from.0, &*from.1), (into.0, &*into.1)];
            self.note_one_of(concat!("wasi:filesystem/types.", $wit), places, &result);
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
        sync() -> ();
        stat() -> DescriptorStat;
        metadata_hash() -> MetadataHashValue;
    }

    noted! {
        Change "set-times" set_times(accessed: NewTimestamp, modified: NewTimestamp) at "", -> ();
        Change "create-directory-at" create_directory_at(path: String) at &*path, writes NAME, -> ();
        Look "stat-at" stat_at(flags: PathFlags, path: String) at &*path, -> DescriptorStat;
        Change "set-times-at" set_times_at(
            flags: PathFlags, path: String, accessed: NewTimestamp, modified: NewTimestamp
        ) at &*path, -> ();
        Look "readlink-at" readlink_at(path: String) at &*path, -> String;
        Change "remove-directory-at" remove_directory_at(path: String) at &*path, -> ();
        Change "symlink-at" symlink_at(target: String, path: String) at &*path,
            writes NAME + target.len() as u64, -> ();
        Change "unlink-file-at" unlink_file_at(path: String) at &*path, -> ();
        Look "metadata-hash-at" metadata_hash_at(flags: PathFlags, path: String) at &*path,
            -> MetadataHashValue;
    }

    async fn set_size(&mut self, descriptor: Resource<Descriptor>, size: u64) -> FsResult<()> {
        let number = descriptor.rep();
        let promised = self.promise_bytes(number, size, 0).await?;
        let result = self.inner.set_size(descriptor, size).await;
        self.files.settle(promised, &result);
        self.note("wasi:filesystem/types.set-size", Does::Change, number, "", &result);
        if let (Ok(()), Some(reached)) = (&result, self.files.reached(number)) {
            reached.set(size);
        }
        result
    }

    async fn write(
        &mut self,
        descriptor: Resource<Descriptor>,
        bytes: Vec<u8>,
        offset: u64,
    ) -> FsResult<u64> {
        let number = descriptor.rep();
        let promised = self.promise_bytes(number, offset, bytes.len() as u64).await?;
        let result = self.inner.write(descriptor, bytes, offset).await;
        self.files.settle(promised, &result);
        self.note("wasi:filesystem/types.write", Does::Change, number, "", &result);
        if let (Ok(length), Some(reached)) = (&result, self.files.reached(number)) {
            reached.extend(offset.saturating_add(*length));
        }
        result
    }

    async fn read_directory(
        &mut self,
        descriptor: Resource<Descriptor>,
    ) -> FsResult<Resource<DirectoryEntryStream>> {
        let directory = match self.inner.table.get(&descriptor)? {
            Descriptor::Dir(directory) => Arc::clone(&directory.dir),
            Descriptor::File(_) => return Err(ErrorCode::NotDirectory.into()),
        };
        let listing = Listing::of(directory).await?;
        // By its number in the table, which is all that the component has of it.
        Ok(Resource::new_own(self.inner.table.push(listing)?.rep()))
    }

    named! {
        "link-at" link_at(flags: PathFlags);
        "rename-at" rename_at();
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
        let found =
            self.inner.stat_at(Resource::new_borrow(number), path_flags, path.clone()).await;
        if found.as_ref().is_ok_and(|found| waits(found.type_)) {
            return Err(ErrorCode::Unsupported.into());
        }
        let is_new = open_flags.contains(OpenFlags::CREATE) && found.is_err();
        let promised = self.files.promise(number, if is_new { NAME } else { 0 })?;
        let opening = self.inner.open_at(descriptor, path_flags, path.clone(), open_flags, flags);
        let opened = opening.await;
        self.files.settle(promised, &opened);
        self.note("wasi:filesystem/types.open-at", does, number, &path, &opened);
        if let Ok(opened) = &opened {
            let stays = !open_flags.contains(OpenFlags::TRUNCATE);
            let end = found.map_or(0, |found| if stays { found.size } else { 0 });
            self.files.opened(opened.rep(), number, &path, end);
        }
        opened
    }

    fn drop(&mut self, descriptor: Resource<Descriptor>) -> wasmtime::Result<()> {
        self.files.closed(descriptor.rep());
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
        self.counted(number, Some(offset), stream?)
    }

    fn append_via_stream(
        &mut self,
        descriptor: Resource<Descriptor>,
    ) -> FsResult<Resource<DynOutputStream>> {
        let number = descriptor.rep();
        let stream = self.inner.append_via_stream(descriptor);
        self.note("wasi:filesystem/types.append-via-stream", Does::Change, number, "", &stream);
        self.counted(number, None, stream?)
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
        let listing = Resource::<Listing>::new_borrow(stream.rep());
        self.inner.table.get_mut(&listing)?.next().await
    }

    fn drop(&mut self, stream: Resource<DirectoryEntryStream>) -> wasmtime::Result<()> {
        self.inner.table.delete(Resource::<Listing>::new_own(stream.rep()))?;
        Ok(())
    }
}

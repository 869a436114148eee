//! Files, without what differs from one machine to the next: times, inodes, numbers of links, sizes
//! of directories, and the order of what is in them. Everything else is passed on.

use std::collections::VecDeque;

use wasmtime::component::{HasData, Resource};
use wasmtime_wasi::filesystem::WasiFilesystemCtxView;
use wasmtime_wasi::p2::bindings::filesystem::types::{
    self, Advice, Descriptor, DescriptorFlags, DescriptorStat, DescriptorType, DirectoryEntry,
    DirectoryEntryStream, ErrorCode, HostDescriptor, HostDirectoryEntryStream, MetadataHashValue,
    NewTimestamp, OpenFlags, PathFlags,
};
use wasmtime_wasi::p2::{DynInputStream, DynOutputStream, FsError, FsResult};

use crate::host::{time_after, told};

type File = Resource<Descriptor>;
type Listing = Resource<DirectoryEntryStream>;

/// The files of the interpreter.
pub struct Files<'a>(pub WasiFilesystemCtxView<'a>);

impl HasData for Files<'static> {
    type Data<'a> = Files<'a>;
}

fn settled(stat: DescriptorStat) -> DescriptorStat {
    let long_ago = Some(time_after(0));
    DescriptorStat {
        type_: stat.type_,
        link_count: 1,
        size: if stat.type_ == DescriptorType::RegularFile { stat.size } else { 0 },
        data_access_timestamp: long_ago,
        data_modification_timestamp: long_ago,
        status_change_timestamp: long_ago,
    }
}

/// What stands for an inode: as different as they are.
fn numbered(hash: MetadataHashValue) -> MetadataHashValue {
    let files = &mut told().files;
    let next = u64::try_from(files.len()).unwrap_or(u64::MAX).saturating_add(1);
    let number = *files.entry((hash.lower, hash.upper)).or_insert(next);
    MetadataHashValue { lower: number, upper: 0 }
}

impl types::Host for Files<'_> {
    fn convert_error_code(&mut self, error: FsError) -> wasmtime::Result<ErrorCode> {
        self.0.convert_error_code(error)
    }

    fn filesystem_error_code(
        &mut self,
        error: Resource<wasmtime::Error>,
    ) -> wasmtime::Result<Option<ErrorCode>> {
        self.0.filesystem_error_code(error)
    }
}

/// Methods that are passed on as they are.
macro_rules! pass_on {
    ($(async fn $name:ident($file:ident: File $(, $argument:ident: $type:ty)*) -> $result:ty;)*) => {
        $(async fn $name(&mut self, $file: File $(, $argument: $type)*) -> $result {
            self.0.$name($file $(, $argument)*).await
        })*
    };
}

impl HostDescriptor for Files<'_> {
    async fn stat(&mut self, file: File) -> FsResult<DescriptorStat> {
        self.0.stat(file).await.map(settled)
    }

    async fn stat_at(
        &mut self,
        file: File,
        flags: PathFlags,
        path: String,
    ) -> FsResult<DescriptorStat> {
        self.0.stat_at(file, flags, path).await.map(settled)
    }

    async fn metadata_hash(&mut self, file: File) -> FsResult<MetadataHashValue> {
        self.0.metadata_hash(file).await.map(numbered)
    }

    async fn metadata_hash_at(
        &mut self,
        file: File,
        flags: PathFlags,
        path: String,
    ) -> FsResult<MetadataHashValue> {
        self.0.metadata_hash_at(file, flags, path).await.map(numbered)
    }

    /// Reads all of a directory, and keeps it in order.
    async fn read_directory(&mut self, file: File) -> FsResult<Listing> {
        let listing = self.0.read_directory(file).await?;
        let number = listing.rep();
        let mut entries = Vec::new();
        while let Some(entry) = self.0.read_directory_entry(Resource::new_borrow(number)).await? {
            entries.push(entry);
        }
        entries.sort_by(|one, other| one.name.cmp(&other.name));
        told().listings.insert(number, VecDeque::from(entries));
        Ok(listing)
    }

    fn read_via_stream(&mut self, file: File, offset: u64) -> FsResult<Resource<DynInputStream>> {
        self.0.read_via_stream(file, offset)
    }

    fn write_via_stream(&mut self, file: File, offset: u64) -> FsResult<Resource<DynOutputStream>> {
        self.0.write_via_stream(file, offset)
    }

    fn append_via_stream(&mut self, file: File) -> FsResult<Resource<DynOutputStream>> {
        self.0.append_via_stream(file)
    }

    fn drop(&mut self, file: File) -> wasmtime::Result<()> {
        HostDescriptor::drop(&mut self.0, file)
    }

    pass_on! {
        async fn advise(file: File, offset: u64, length: u64, advice: Advice) -> FsResult<()>;
        async fn sync_data(file: File) -> FsResult<()>;
        async fn get_flags(file: File) -> FsResult<DescriptorFlags>;
        async fn get_type(file: File) -> FsResult<DescriptorType>;
        async fn set_size(file: File, size: u64) -> FsResult<()>;
        async fn set_times(file: File, access: NewTimestamp, change: NewTimestamp) -> FsResult<()>;
        async fn read(file: File, length: u64, offset: u64) -> FsResult<(Vec<u8>, bool)>;
        async fn write(file: File, bytes: Vec<u8>, offset: u64) -> FsResult<u64>;
        async fn sync(file: File) -> FsResult<()>;
        async fn create_directory_at(file: File, path: String) -> FsResult<()>;
        async fn set_times_at(
            file: File, flags: PathFlags, path: String, access: NewTimestamp, change: NewTimestamp
        ) -> FsResult<()>;
        async fn link_at(
            file: File, flags: PathFlags, path: String, target: File, name: String
        ) -> FsResult<()>;
        async fn open_at(
            file: File, flags: PathFlags, path: String, how: OpenFlags, rights: DescriptorFlags
        ) -> FsResult<File>;
        async fn readlink_at(file: File, path: String) -> FsResult<String>;
        async fn remove_directory_at(file: File, path: String) -> FsResult<()>;
        async fn rename_at(
            file: File, path: String, target: File, name: String
        ) -> FsResult<()>;
        async fn symlink_at(file: File, path: String, name: String) -> FsResult<()>;
        async fn unlink_file_at(file: File, path: String) -> FsResult<()>;
        async fn is_same_object(file: File, other: File) -> wasmtime::Result<bool>;
    }
}

impl HostDirectoryEntryStream for Files<'_> {
    async fn read_directory_entry(&mut self, listing: Listing) -> FsResult<Option<DirectoryEntry>> {
        Ok(told().listings.get_mut(&listing.rep()).and_then(VecDeque::pop_front))
    }

    fn drop(&mut self, listing: Listing) -> wasmtime::Result<()> {
        told().listings.remove(&listing.rep());
        HostDirectoryEntryStream::drop(&mut self.0, listing)
    }
}

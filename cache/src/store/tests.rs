use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::*;
use crate::Record;

fn store() -> (tempfile::TempDir, Store) {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(&directory.path().join("cache")).unwrap();
    (directory, store)
}

fn damage(path: &Path, bytes: &[u8]) {
    std::fs::set_permissions(path, Permissions::from_mode(0o644)).unwrap();
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn bytes_come_back_and_are_kept_once() {
    let (_directory, store) = store();
    let artifact = store.put(b"hello").unwrap();
    assert_eq!(artifact, Artifact { digest: Digest::of(b"hello"), size: 5 });
    assert_eq!(store.put(b"hello").unwrap(), artifact);
    assert_eq!(store.read(&artifact.digest).unwrap().unwrap(), b"hello");
    assert_eq!(store.read(&Digest::of(b"other")).unwrap(), None);

    let path = store.layout.blob(&artifact.digest);
    assert_eq!(std::fs::read(&path).unwrap(), b"hello");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o444);
    assert_eq!(std::fs::read_dir(store.layout.temporary()).unwrap().count(), 0);
}

#[test]
fn a_damaged_blob_is_removed_and_reported_by_each_way_to_it() {
    let (_directory, store) = store();
    let artifact = store.put(b"hello").unwrap();
    let digest = artifact.digest;
    let path = store.layout.blob(&artifact.digest);

    damage(&path, b"jello");
    assert!(store.has(&artifact), "the length is right, and `has` looks no further");
    assert_eq!(store.read(&digest).unwrap(), None);
    assert_eq!(store.take_damaged(), [Damaged::Blob { digest }]);
    assert!(!path.exists());

    store.put(b"hello").unwrap();
    damage(&path, b"jello");
    assert_eq!(store.verified_path(&digest).unwrap(), None);
    assert_eq!(store.take_damaged(), [Damaged::Blob { digest }]);

    store.put(b"hello").unwrap();
    damage(&path, b"");
    assert!(!store.has(&artifact));
    assert_eq!(store.put(b"hello").unwrap(), artifact);
    assert_eq!(store.read(&digest).unwrap().unwrap(), b"hello");
    assert_eq!(store.verified_path(&digest).unwrap(), Some(path));
}

/// What can be in the place of a file, beside damaged content.
type Replacement = (&'static str, fn(&Path));

fn replacements() -> [Replacement; 6] {
    [
        ("a directory", |path| fs::create_dir_all(path.join("deep")).unwrap()),
        ("a symbolic link", |path| std::os::unix::fs::symlink("/etc/passwd", path).unwrap()),
        ("a link to nowhere", |path| std::os::unix::fs::symlink("/nowhere", path).unwrap()),
        ("a link to itself", |path| std::os::unix::fs::symlink(path, path).unwrap()),
        ("a socket", |path| drop(std::os::unix::net::UnixListener::bind(path).unwrap())),
        ("a file for a directory", |path| {
            let directory = path.parent().unwrap();
            fs::remove_dir_all(directory).unwrap();
            fs::write(directory, "").unwrap();
        }),
    ]
}

#[test]
fn whatever_is_in_the_place_of_a_file_is_a_miss_and_gives_way() {
    // The path of a socket is short.
    let directory = tempfile::Builder::new().tempdir_in("/tmp").unwrap();
    let store = Store::open(directory.path()).unwrap();
    let artifact = store.put(b"hello").unwrap();
    let digest = artifact.digest;
    let record =
        crate::Record { key: digest, fingerprint: (), artifact, noticed: (), milliseconds: 1 };
    store.put_record(&record).unwrap();
    for (what, put) in replacements() {
        let (blob, path) = (store.layout.blob(&digest), store.layout.record(&digest));
        let spoil = |path: &Path| {
            fs::remove_file(path).unwrap();
            put(path);
        };
        spoil(&blob);
        assert!(!store.has(&artifact), "{what}");
        assert_eq!(store.read(&digest).unwrap(), None, "{what}");
        assert_eq!(store.put(b"hello").unwrap(), artifact, "{what}");
        spoil(&blob);
        assert_eq!(store.verified_path(&digest).unwrap(), None, "{what}");
        store.put(b"hello").unwrap();
        spoil(&blob);
        assert_eq!(store.put(b"hello").unwrap(), artifact, "{what}");
        assert_eq!(store.verified_path(&digest).unwrap(), Some(blob), "{what}");

        spoil(&path);
        assert_eq!(store.record::<(), ()>(&digest).unwrap(), None, "{what}");
        store.put_record(&record).unwrap();
        spoil(&path);
        store.put_record(&record).unwrap();
        assert_eq!(store.record(&digest).unwrap().as_ref(), Some(&record), "{what}");

        if what != "a file for a directory" {
            let lock = store.layout.lock(&digest);
            put(&lock);
            drop(store.lock(&digest, || {}).unwrap());
            assert!(fs::symlink_metadata(&lock).is_err(), "{what}");
        }
    }
}

#[test]
fn files_in_the_places_of_directories_give_way() {
    let (directory, store) = store();
    drop(store);
    let root = directory.path().join("cache");
    for name in ["blobs-1", "records-3", "locks", "leases", "temporary"] {
        fs::remove_dir_all(root.join(name)).unwrap();
        fs::write(root.join(name), "").unwrap();
    }
    let store = Store::open(&root).unwrap();
    let artifact = store.put(b"hello").unwrap();
    drop(store.lock(&artifact.digest, || {}).unwrap());
    assert_eq!(store.read(&artifact.digest).unwrap().unwrap(), b"hello");
}

#[test]
fn a_lock_leaves_no_file() {
    let (_directory, store) = store();
    drop(store.lock(&Digest::of(b"key"), || {}).unwrap());
    assert_eq!(fs::read_dir(store.layout.locks()).unwrap().count(), 0);
}

#[test]
fn a_root_that_is_a_file_is_refused_by_name() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("file");
    std::fs::write(&root, "").unwrap();
    let error = Store::open(&root).unwrap_err();
    assert!(matches!(&error, StoreError::Unusable { path, .. } if *path == root));
    assert_eq!(error.to_string(), format!("cannot use `{}` as a cache directory", root.display()));
}

#[test]
fn a_full_disk_is_told_apart() {
    let full = io::Error::from(io::ErrorKind::StorageFull);
    let error = StoreError::writing(PathBuf::from("blob"), full);
    assert!(matches!(error, StoreError::Full { .. }));
    let denied = io::Error::from(io::ErrorKind::PermissionDenied);
    assert!(matches!(StoreError::writing(PathBuf::from("blob"), denied), StoreError::Write { .. }));
}

#[test]
fn many_threads_put_the_same_and_different_bytes() {
    let (_directory, store) = store();
    thread::scope(|scope| {
        for thread in 0..8_u8 {
            let store = &store;
            scope.spawn(move || {
                for round in 0..20_u8 {
                    let same = store.put(&[round; 5000]).unwrap();
                    assert_eq!(store.read(&same.digest).unwrap().unwrap(), [round; 5000]);
                    store.put(&[thread, round]).unwrap();
                }
            });
        }
    });
    assert_eq!(store.take_damaged(), []);
}

#[test]
fn one_holder_of_a_lock_at_a_time() {
    let (_directory, store) = store();
    let store = Arc::new(store);
    let key = Digest::of(b"key");
    let inside = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..50 {
                    let _lock = store.lock(&key, || {}).unwrap();
                    assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                    thread::yield_now();
                    inside.fetch_sub(1, Ordering::SeqCst);
                }
            });
        }
    });
}

#[test]
fn a_store_whose_directories_were_removed_goes_on() {
    let (directory, store) = store();
    let artifact = store.put(b"hello").unwrap();
    for name in ["temporary", "blobs-1", "records-3", "locks"] {
        std::fs::remove_dir_all(directory.path().join("cache").join(name)).unwrap();
    }
    assert!(!store.has(&artifact));
    assert_eq!(store.put(b"hello").unwrap(), artifact);
    assert_eq!(store.read(&artifact.digest).unwrap().unwrap(), b"hello");
}

#[test]
fn what_the_store_makes_is_its_owners_alone() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("above/cache");
    let store = Store::open(&root).unwrap();
    let artifact = store.put(b"hello").unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let blob = store.layout.blob(&artifact.digest);
    for directory in
        [&*root, &store.layout.blobs(), blob.parent().unwrap(), &store.layout.temporary()]
    {
        assert_eq!(mode(directory), 0o700, "{}", directory.display());
    }
    // What lies above it is not the store's, and one that was there keeps its mode.
    std::fs::set_permissions(&root, Permissions::from_mode(0o755)).unwrap();
    Store::open(&root).unwrap();
    assert_eq!(mode(&root), 0o755);
}

#[test]
fn a_record_is_there_until_it_is_removed() {
    let (_directory, store) = store();
    let artifact = store.put(b"hello").unwrap();
    let key = Digest::of(b"key");
    assert!(store.use_record(&key).is_none());
    let record = Record { key, fingerprint: (), artifact, noticed: (), milliseconds: 1 };
    store.put_record(&record).unwrap();
    assert!(store.use_record(&key).is_some());
    store.remove_record(&key).unwrap();
    assert!(store.use_record(&key).is_none());
}

#[test]
fn what_is_of_no_use_can_be_removed_twice() {
    let (_directory, store) = store();
    let artifact = store.put(b"hello").unwrap();
    for _ in 0..2 {
        store.remove(&artifact.digest).unwrap();
        store.remove_record(&artifact.digest).unwrap();
    }
    assert!(!store.has(&artifact));
    assert_eq!(store.take_damaged(), []);
}

/// Somebody may remove all of a store while a build has it open.
#[test]
fn what_lies_in_a_root_that_took_the_place_of_another_is_found() {
    let (directory, store) = store();
    let artifact = store.put(b"hello").unwrap();
    std::fs::remove_dir_all(directory.path()).unwrap();
    assert!(!store.has(&artifact));
    assert_eq!(store.put(b"hello").unwrap(), artifact);
    assert!(store.has(&artifact));
}

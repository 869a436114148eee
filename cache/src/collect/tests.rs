use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use super::*;
use crate::{Artifact, Digest, Hit, Record, Store};

const DAY: Duration = Duration::from_hours(24);
const KEEP_ALL: Bounds = Bounds { size: u64::MAX, age: Duration::MAX };
const KEEP_NOTHING: Bounds = Bounds { size: 0, age: Duration::MAX };

/// The file `source` names the checkout that a build directory belongs to.
const BUILDS: Annex = Annex { name: "builds", is_orphan: |path| path.join("gone").exists() };

struct Place {
    directory: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    fn root(&self) -> PathBuf {
        self.directory.path().join("cache")
    }

    fn store(&self) -> Store {
        Store::open(&self.root()).unwrap()
    }

    fn keeper(&self) -> Keeper {
        Keeper::open(&self.root(), vec![BUILDS], vec!["memo.json"]).unwrap()
    }

    /// A blob that was last used so many days ago.
    fn blob(&self, content: &str, days: u32) -> Artifact {
        let store = self.store();
        let artifact = store.put(content.as_bytes()).unwrap();
        age(&store.layout.blob(&artifact.digest), days);
        artifact
    }

    fn has(&self, artifact: &Artifact) -> bool {
        self.keeper().layout.blob(&artifact.digest).exists()
    }
}

/// Makes a file as old as that.
fn age(path: &Path, days: u32) {
    let then = SystemTime::now() - DAY * days;
    File::open(path).unwrap().set_modified(then).unwrap();
}

fn used(path: &Path) -> SystemTime {
    fs::metadata(path).unwrap().modified().unwrap()
}

#[test]
fn what_was_not_used_for_longest_goes_first_until_the_rest_fits() {
    let place = Place::new();
    let [old, middle, new] = [("oooo", 9), ("mmmm", 5), ("nnnn", 2)].map(|(c, d)| place.blob(c, d));
    let bounds = Bounds { size: 9, age: Duration::MAX };

    let foreseen = place.keeper().foresee(&bounds).unwrap();
    assert!(place.has(&old), "foreseeing removes nothing");
    let collected = place.keeper().collect(&bounds).unwrap();

    assert_eq!(collected, foreseen);
    assert_eq!(collected.removed, BTreeMap::from([(Kind::Blob, Tally::one(4))]));
    assert_eq!((collected.spared, collected.left), (Tally::default(), 8));
    assert_eq!([&old, &middle, &new].map(|artifact| place.has(artifact)), [false, true, true]);
}

#[test]
fn what_is_older_than_the_age_goes_however_small() {
    let place = Place::new();
    let [old, new] = [("old", 31), ("new", 29)].map(|(c, d)| place.blob(c, d));
    place.keeper().collect(&Bounds { size: u64::MAX, age: DAY * 30 }).unwrap();
    assert_eq!([&old, &new].map(|artifact| place.has(artifact)), [false, true]);
}

#[test]
fn each_way_to_use_something_notes_that() {
    let place = Place::new();
    let artifact = place.blob("blob", 40);
    let store = place.store();
    let path = store.layout.blob(&artifact.digest);
    let digest = artifact.digest;
    let ways: [&dyn Fn(); 4] = [
        &|| assert!(store.has(&artifact)),
        &|| drop(store.read(&digest).unwrap().unwrap()),
        &|| drop(store.verified_path(&digest).unwrap().unwrap()),
        &|| assert_eq!(store.put(b"blob").unwrap(), artifact),
    ];
    for (index, way) in ways.iter().enumerate() {
        age(&path, 40);
        way();
        assert!(is_noted(used(&path)), "way {index}");
    }
    let record = Record { key: digest, fingerprint: (), artifact, noticed: (), milliseconds: 1 };
    store.put_record(&record).unwrap();
    let path = store.layout.record(&digest);
    age(&path, 40);
    store.record::<(), ()>(&digest).unwrap().unwrap();
    assert!(is_noted(used(&path)));
}

#[test]
fn the_use_of_a_record_is_noted_once_a_day_and_told() {
    let place = Place::new();
    let artifact = place.blob("blob", 0);
    let store = place.store();
    let key = Digest::of(b"key");
    let record = Record { key, fingerprint: (), artifact, noticed: (), milliseconds: 1 };
    store.put_record(&record).unwrap();
    let path = store.layout.record(&key);
    for (hours, is_noted) in [(12, true), (40, false)] {
        let before = SystemTime::now() - Duration::from_hours(hours);
        File::open(&path).unwrap().set_modified(before).unwrap();
        let told = store.use_record(&key).unwrap();
        assert_eq!(told == before, is_noted, "{hours}");
        assert!(Hit { artifact, used: told }.is_noted(), "{hours}");
        assert_eq!(Hit { artifact, used: before }.is_noted(), is_noted, "{hours}");
        assert_eq!(used(&path) == before, is_noted, "{hours}");
    }
}

#[test]
fn a_use_is_noted_once_a_day() {
    let place = Place::new();
    let artifact = place.blob("blob", 0);
    let store = place.store();
    let path = store.layout.blob(&artifact.digest);
    File::open(&path).unwrap().set_modified(SystemTime::now() - DAY / 2).unwrap();
    let before = used(&path);
    assert!(store.has(&artifact));
    assert_eq!(used(&path), before);
}

#[test]
fn what_a_lease_has_found_put_or_entered_is_spared_and_nothing_else() {
    let place = Place::new();
    let [unused, found, fresh] = [("unused", 9), ("found", 9), ("fresh", 0)]
        .map(|(content, days)| place.blob(content, days));
    let store = place.store();
    assert!(store.has(&found));
    let put = store.put(b"put").unwrap();
    let build = place.root().join("builds/checkout");
    store.enter(&build).unwrap();
    fs::write(build.join("gone"), "").unwrap();

    let collected = place.keeper().collect(&KEEP_NOTHING).unwrap();

    assert!(!place.has(&unused));
    assert!([&found, &fresh, &put].iter().all(|artifact| place.has(artifact)));
    assert!(build.exists(), "in use, though an orphan");
    assert_eq!(collected.spared.count, 4);
    assert_eq!(store.read(&found.digest).unwrap().unwrap(), b"found");

    drop(store);
    let collected = place.keeper().collect(&KEEP_NOTHING).unwrap();
    assert_eq!((collected.spared, collected.left), (Tally::default(), 0));
    assert!(!build.exists());
}

#[test]
fn the_lease_of_one_that_was_killed_spares_nothing() {
    let place = Place::new();
    let artifact = place.blob("blob", 0);
    let lease = place.root().join("leases/left");
    fs::write(&lease, "").unwrap();
    place.keeper().collect(&KEEP_NOTHING).unwrap();
    assert!(!place.has(&artifact));
    assert!(!lease.exists());
}

#[test]
fn orphans_go_though_there_is_room_and_directories_that_may_not_be_written_to() {
    let place = Place::new();
    let [orphan, other] = ["orphan", "other"].map(|name| place.root().join("builds").join(name));
    let store = place.store();
    for directory in [&orphan, &other] {
        store.enter(&directory.join("deep/deeper")).unwrap();
        fs::write(directory.join("deep/file"), "1234").unwrap();
    }
    fs::write(orphan.join("gone"), "").unwrap();
    for locked in ["deep/deeper", "deep", "."] {
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o555);
        fs::set_permissions(orphan.join(locked), mode).unwrap();
    }
    drop(store);

    let collected = place.keeper().collect(&KEEP_ALL).unwrap();

    assert_eq!(collected.removed, BTreeMap::from([(Kind::Annex("builds"), Tally::one(4))]));
    assert_eq!((orphan.exists(), other.exists(), collected.left), (false, true, 4));
    assert_eq!(entry::children(&place.keeper().layout.temporary()).len(), 0);
}

#[test]
fn a_collection_that_is_not_asked_for_happens_once_a_day() {
    let place = Place::new();
    let keeper = place.keeper();
    // A new store has nothing to collect.
    assert_eq!(keeper.collect_if_due(&KEEP_ALL).unwrap(), None);
    for days in [2, 0] {
        age(&keeper.layout.collected(), days);
        assert_eq!(keeper.collect_if_due(&KEEP_ALL).unwrap().is_some(), days > 1);
    }
    // A clock that was wrong once must not put it off for ever.
    let stamp = File::open(keeper.layout.collected()).unwrap();
    stamp.set_modified(SystemTime::now() + DAY * 1000).unwrap();
    assert!(keeper.collect_if_due(&KEEP_ALL).unwrap().is_some());
    // One who is at it is not waited for.
    age(&keeper.layout.collected(), 2);
    let _other = Lock::wait(keeper.layout.collector(), || {}).unwrap();
    assert_eq!(keeper.collect_if_due(&KEEP_ALL).unwrap(), None);
}

#[test]
fn a_time_in_the_future_becomes_now() {
    let place = Place::new();
    let artifact = place.blob("blob", 0);
    let path = place.keeper().layout.blob(&artifact.digest);
    File::open(&path).unwrap().set_modified(SystemTime::now() + DAY * 1000).unwrap();
    place.keeper().collect(&KEEP_ALL).unwrap();
    assert!(is_noted(used(&path)));
}

#[test]
fn what_killed_processes_left_is_swept() {
    let place = Place::new();
    let store = place.store();
    let keeper = place.keeper();
    let temporary = keeper.layout.temporary();
    let [old, new, trash] = ["old", "new", "trash-1"].map(|name| temporary.join(name));
    fs::write(&old, "").unwrap();
    fs::write(&new, "").unwrap();
    fs::create_dir_all(trash.join("deep")).unwrap();
    age(&old, 2);
    let lock = keeper.layout.lock(&Digest::of(b"left"));
    fs::write(&lock, "").unwrap();
    let held = store.lock(&Digest::of(b"held"), || {}).unwrap();

    keeper.collect(&KEEP_ALL).unwrap();
    assert!(old.exists(), "a clock may have jumped since its writer began");
    assert!(!trash.exists() && !lock.exists());
    assert!(keeper.layout.lock(&Digest::of(b"held")).exists());

    drop(held);
    drop(store);
    keeper.collect(&KEEP_ALL).unwrap();
    assert_eq!((old.exists(), new.exists()), (false, true));
    assert_eq!(entry::children(&keeper.layout.locks()).len(), 0);
    assert_eq!(entry::children(&keeper.layout.leases()).len(), 0);
}

#[test]
fn former_layouts_are_collected_and_later_ones_left_alone() {
    let place = Place::new();
    let keeper = place.keeper();
    let [former, later] = ["records-1/ab/abc.json", "records-4/ab/abc"].map(|name| {
        let path = place.root().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "").unwrap();
        age(&path, 99);
        path
    });
    keeper.collect(&Bounds { size: 0, age: DAY }).unwrap();
    assert_eq!((former.exists(), later.exists()), (false, true));
    keeper.clear().unwrap();
    assert!(later.exists());
}

/// Some use the store, each for a short time, others collect all that they may: nobody ever
/// misses what he has found or put while his lease lasts.
#[test]
fn nobody_loses_what_he_uses() {
    let place = Place::new();
    let contents: Vec<String> = (0..12).map(|index| format!("content {index}")).collect();
    let (ended, hits) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        let collectors: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    let mut removed = 0;
                    while !ended.load(Ordering::SeqCst) {
                        let collected = place.keeper().collect(&KEEP_NOTHING).unwrap();
                        removed += sum(&collected.removed).count;
                    }
                    removed
                })
            })
            .collect();
        let users: Vec<_> = (0..4)
            .map(|user| {
                let (contents, place, hits) = (&contents, &place, &hits);
                scope.spawn(move || {
                    for round in 0..60 {
                        let store = place.store();
                        let directory = place.root().join("builds").join(format!("{}", round % 3));
                        store.enter(&directory).unwrap();
                        fs::write(directory.join(format!("{user}")), "").unwrap();
                        // Of his own: whoever makes a blob look old takes it from all others.
                        let content = contents[user * 3 + round % 3].as_bytes();
                        let digest = Digest::of(content);
                        let artifact = Artifact { digest, size: content.len() as u64 };
                        if store.has(&artifact) {
                            hits.fetch_add(1, Ordering::SeqCst);
                        } else {
                            store.put(content).unwrap();
                        }
                        // Long unused, as far as anybody can see, until it is used again.
                        let path = store.layout.blob(&digest);
                        let _ =
                            File::open(&path).unwrap().set_modified(SystemTime::now() - DAY * 3);
                        if !store.has(&artifact) {
                            store.put(content).unwrap();
                        }
                        thread::sleep(Duration::from_millis(1));
                        assert_eq!(store.read(&digest).unwrap().unwrap(), content);
                        assert!(directory.join(format!("{user}")).exists());
                    }
                })
            })
            .collect();
        let fine = users.into_iter().map(thread::ScopedJoinHandle::join).all(|user| user.is_ok());
        ended.store(true, Ordering::SeqCst);
        assert!(fine);
        let removed: u64 = collectors.into_iter().map(|one| one.join().unwrap()).sum();
        assert!(removed > 0, "the collectors found nothing");
    });
    assert!(hits.into_inner() > 0, "nobody found anything");
}

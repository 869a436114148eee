use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use super::*;
use crate::memo::SETTLED;

fn hit(digest: Digest, size: u64) -> Hit {
    let used = SystemTime::UNIX_EPOCH + Duration::from_nanos(1_234_567_890_123_456_789);
    Hit { artifact: Artifact { digest, size }, used }
}

/// A tree, and what is known of it.
struct Sandbox {
    top: tempfile::TempDir,
}

impl Sandbox {
    fn new() -> Self {
        let top = tempfile::tempdir().unwrap();
        fs::create_dir(top.path().join("tree")).unwrap();
        Self { top }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.top.path().join("tree").join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    fn file(&self) -> PathBuf {
        self.top.path().join("stat.cache")
    }

    fn cache(&self) -> StatCache {
        StatCache::open(&self.file(), &self.top.path().join("tree"))
    }

    /// A cache in which the files of the tree have these digests: such as no file has, so that they can
    /// come from nowhere else. As if it had been written `later` than everything was left alone.
    fn plant(&self, digests: &[(&str, Digest)], later: Duration) {
        let stat = Stat::of(&self.path("")).unwrap();
        let listed = list(&self.cache().root.directory("").unwrap()).unwrap();
        let entries: Vec<Named<'_>> = listed
            .iter()
            .map(|(name, kind)| {
                let planted = digests.iter().find(|(planted, _)| planted == name);
                let seen = planted.map(|(_, digest)| {
                    (Stat::of(&self.path(name)).unwrap(), &digest.as_bytes()[..])
                });
                Named { name, kind: *kind, seen }
            })
            .collect();
        let known = Directory { stat: Some(stat), entries }.encode();
        let written = SystemTime::now() + later;
        let directories = BTreeMap::from([("", &known[..])]);
        Saved::write(&self.file(), &BTreeMap::new(), &directories, written).unwrap();
    }

    /// Waits until what was written vouches for itself.
    fn settle(&self) {
        let newest = |name: &str| Stat::of(&self.path(name)).unwrap();
        while !newest("").settled(SystemTime::now())
            || fs::read_dir(self.path("")).unwrap().any(|entry| {
                !newest(entry.unwrap().file_name().to_str().unwrap()).settled(SystemTime::now())
            })
        {
            std::thread::sleep(SETTLED / 20);
        }
    }
}

fn digests(cache: &StatCache) -> BTreeMap<String, Digest> {
    let found = cache.look("", |_| |_: &str| true).unwrap();
    found.into_iter().filter_map(|entry| Some((entry.name, entry.digest?))).collect()
}

fn planted() -> Digest {
    Digest::of(b"planted")
}

#[test]
fn what_was_left_alone_is_not_read() {
    let sandbox = Sandbox::new();
    sandbox.write("a", "a");
    sandbox.settle();
    sandbox.plant(&[("a", planted())], Duration::ZERO);

    assert_eq!(digests(&sandbox.cache())["a"], planted());
    // It stays so when something else is news.
    let cache = sandbox.cache();
    assert_eq!(digests(&cache)["a"], planted());
    cache.note(Digest::of(b"key"), hit(planted(), 1));
    cache.save().unwrap();
    assert_eq!(digests(&sandbox.cache())["a"], planted());
    assert_eq!(sandbox.cache().hit(&Digest::of(b"key")).unwrap(), hit(planted(), 1));
}

#[test]
fn what_was_written_just_now_is_read_each_time() {
    let sandbox = Sandbox::new();
    sandbox.write("a", "a");
    sandbox.plant(&[("a", planted())], Duration::ZERO);
    assert_eq!(digests(&sandbox.cache())["a"], Digest::of(b"a"));

    // Nor is it remembered: the same size, the same tick.
    let cache = sandbox.cache();
    digests(&cache);
    cache.save().unwrap();
    sandbox.write("a", "b");
    assert_eq!(digests(&sandbox.cache())["a"], Digest::of(b"b"));
}

#[test]
fn what_is_read_once_is_remembered_when_it_has_settled() {
    let sandbox = Sandbox::new();
    sandbox.write("a", "a");
    sandbox.settle();
    let cache = sandbox.cache();
    assert_eq!(digests(&cache)["a"], Digest::of(b"a"));
    cache.save().unwrap();

    let known = sandbox.cache();
    let known = Directory::decode(known.before.directory("").unwrap()).unwrap();
    assert!(known.stat.is_some());
    assert_eq!(known.entries[0].seen.unwrap().1, Digest::of(b"a").as_bytes());
    // With nothing to learn, nothing is written.
    fs::remove_file(sandbox.file()).unwrap();
    cache.save().unwrap();
    assert!(!sandbox.file().exists());
}

#[test]
fn whether_a_file_may_be_executed_is_told_as_it_is_now() {
    use std::os::unix::fs::PermissionsExt as _;
    let sandbox = Sandbox::new();
    sandbox.write("a", "a");
    let told = |cache: &StatCache| cache.look("", |_| |_: &str| true).unwrap()[0].is_executable;
    for mode in [0o755, 0o655, 0o700, 0o644] {
        fs::set_permissions(sandbox.path("a"), fs::Permissions::from_mode(mode)).unwrap();
        assert_eq!(told(&sandbox.cache()), mode & 0o100 != 0, "{mode:o}");
    }
    // Nor does it take a read where nothing changed.
    fs::set_permissions(sandbox.path("a"), fs::Permissions::from_mode(0o755)).unwrap();
    sandbox.settle();
    sandbox.plant(&[("a", planted())], Duration::ZERO);
    assert!(told(&sandbox.cache()) && digests(&sandbox.cache())["a"] == planted());
}

#[test]
fn a_file_put_in_the_place_of_another_is_read() {
    let sandbox = Sandbox::new();
    sandbox.write("a", "a");
    sandbox.settle();
    sandbox.plant(&[("a", planted())], Duration::ZERO);
    let time = fs::metadata(sandbox.path("a")).unwrap().modified().unwrap();

    sandbox.write("b", "b");
    fs::File::options().write(true).open(sandbox.path("b")).unwrap().set_modified(time).unwrap();
    fs::rename(sandbox.path("b"), sandbox.path("a")).unwrap();

    assert_eq!(fs::metadata(sandbox.path("a")).unwrap().modified().unwrap(), time);
    assert_eq!(digests(&sandbox.cache())["a"], Digest::of(b"b"));
}

#[test]
fn an_edit_that_puts_the_time_back_is_read() {
    let sandbox = Sandbox::new();
    sandbox.write("a", "a");
    sandbox.settle();
    sandbox.plant(&[("a", planted())], Duration::ZERO);
    let time = fs::metadata(sandbox.path("a")).unwrap().modified().unwrap();

    sandbox.write("a", "b");
    fs::File::options().write(true).open(sandbox.path("a")).unwrap().set_modified(time).unwrap();

    assert_eq!(digests(&sandbox.cache())["a"], Digest::of(b"b"));
}

#[test]
fn a_clock_that_went_back_makes_all_unknown() {
    let sandbox = Sandbox::new();
    sandbox.write("a", "a");
    sandbox.settle();
    sandbox.plant(&[("a", planted())], Duration::from_hours(1));
    assert_eq!(digests(&sandbox.cache())["a"], Digest::of(b"a"));
}

#[test]
fn metadata_of_the_future_vouches_for_nothing() {
    let sandbox = Sandbox::new();
    sandbox.write("a", "a");
    let stat = Stat::of(&sandbox.path("a")).unwrap();
    let now = SystemTime::now();
    assert!(!stat.settled(now - Duration::from_hours(1)), "the clock was set back since");
    assert!(stat.settled(now + Duration::from_hours(1)));
}

#[test]
fn entries_that_come_and_go_are_noticed() {
    let sandbox = Sandbox::new();
    sandbox.write("a", "a");
    sandbox.write("b", "b");
    sandbox.settle();
    sandbox.plant(&[("a", planted()), ("b", planted())], Duration::ZERO);

    sandbox.write("c", "c");
    fs::remove_file(sandbox.path("b")).unwrap();
    fs::create_dir(sandbox.path("d")).unwrap();
    std::os::unix::fs::symlink("a", sandbox.path("e")).unwrap();

    let found = sandbox.cache().look("", |_| |name: &str| name != "c").unwrap();
    let told: Vec<_> = found.iter().map(|e| (&*e.name, e.kind, e.digest)).collect();
    assert_eq!(
        told,
        [
            // The directory is another, the file is not.
            ("a", EntryKind::File, Some(planted())),
            ("c", EntryKind::File, None),
            ("d", EntryKind::Directory, None),
            ("e", EntryKind::Link, None),
        ]
    );
}

#[test]
fn a_directory_that_is_not_there_is_an_error() {
    let sandbox = Sandbox::new();
    let error = sandbox.cache().look("nowhere", |_| |_: &str| true).unwrap_err();
    assert_eq!(error.source.kind(), io::ErrorKind::NotFound);
    assert_eq!(error.path, "nowhere");
}

#[test]
fn what_nobody_asks_for_goes_when_it_is_most_of_it() {
    let sandbox = Sandbox::new();
    let key = |number: u8| Digest::of(&[number]);
    let noted = |numbers: std::ops::Range<u8>| {
        let cache = sandbox.cache();
        for number in numbers {
            cache.note(key(number), hit(planted(), 1));
        }
        cache.save().unwrap();
    };
    noted(0..4);
    noted(4..8);
    assert!(sandbox.cache().hit(&key(0)).is_some(), "as many as were asked for");
    noted(8..9);
    assert!(sandbox.cache().hit(&key(0)).is_none());
    assert!(sandbox.cache().hit(&key(8)).is_some());
}

#[test]
fn many_threads_look_at_the_same_and_at_different_directories() {
    let sandbox = Sandbox::new();
    for directory in 0..8 {
        fs::create_dir(sandbox.path(&directory.to_string())).unwrap();
        sandbox.write(&format!("{directory}/a"), &directory.to_string());
    }
    let cache = sandbox.cache();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for directory in 0..8 {
                    let found = cache.look(&directory.to_string(), |_| |_: &str| true).unwrap();
                    let expected = Digest::of(directory.to_string().as_bytes());
                    assert_eq!(found[0].digest, Some(expected));
                }
            });
        }
    });
    cache.save().unwrap();
}

/// One that is large is read by another thread, to the same end.
#[test]
fn a_large_cache_is_read_as_a_small_one() {
    let sandbox = Sandbox::new();
    let keys = || (0..20_000_u32).map(|number| Digest::of(&number.to_le_bytes()));
    let cache = sandbox.cache();
    for (key, size) in keys().zip(0..) {
        cache.note(key, hit(key, size));
    }
    assert!(!cache.is_of_little(), "there was none");
    cache.save().unwrap();

    let is_begun = Ahead::of(&sandbox.file(), |_| ()).is_begun();
    let cache = sandbox.cache();
    assert!(is_begun && !cache.is_of_little());
    for (key, size) in keys().zip(0..) {
        assert_eq!(cache.hit(&key), Some(hit(key, size)));
    }
}

#[test]
fn a_root_that_is_not_there_is_told() {
    let sandbox = Sandbox::new();
    let nowhere = StatCache::open(&sandbox.path("cache"), &sandbox.path("nowhere"));
    let unreadable = nowhere.look("src", |_| |_: &str| true).unwrap_err();
    assert_eq!(unreadable.source.kind(), io::ErrorKind::NotFound);
    assert_eq!(unreadable.path, "src");
}

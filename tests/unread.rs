//! What a build with nothing to do does not read, as the kernel tells it.

use std::collections::BTreeSet;
use std::fs;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::thread;
use std::time::Duration;

use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};

use crate::fake::{ANSWER, wasm};
use crate::place::Place;

/// Longer than a file must have been left alone to be known by its metadata.
const SETTLED: Duration = Duration::from_millis(2200);

/// Tells which files of a directory are opened.
struct Watch(OwnedFd);

impl Watch {
    fn on(directories: impl IntoIterator<Item = impl AsRef<Path>>) -> Self {
        let watch = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK).unwrap();
        for directory in directories {
            inotify::add_watch(&watch, directory.as_ref(), WatchFlags::OPEN).unwrap();
        }
        Self(watch)
    }

    /// Those that were opened since the last time.
    fn opened(&self) -> BTreeSet<String> {
        let mut buffer = [MaybeUninit::uninit(); 4096];
        let mut reader = inotify::Reader::new(&self.0, &mut buffer);
        let mut opened = BTreeSet::new();
        // It ends with the error that there is nothing more.
        while let Ok(event) = reader.next() {
            if let Some(name) =
                event.file_name().filter(|_| !event.events().contains(ReadFlags::ISDIR))
            {
                opened.insert(name.to_str().unwrap().to_owned());
            }
        }
        opened
    }
}

#[test]
fn a_second_build_opens_no_source_and_no_record() {
    let place = Place::new().with_fake_tools();
    let names = ["a", "b", "c"];
    let components = names.map(|name| {
        place.write(&format!("{name}/source.wasm"), wasm(ANSWER));
        let settings = "toolchain = 'fake'\ninputs = ['shared/*']";
        format!("[component.{name}]\npath = '{name}'\n{settings}\n")
    });
    let flow = "[flow.run]\nsteps = ['a/answer']\n";
    let manifest = format!("[pipeline]\nname = 'many'\n{}{flow}", components.concat());
    place.write("pipeline.toml", &manifest);
    place.write("shared/table.json", "{}");
    thread::sleep(SETTLED);
    place.run(&["build"]).expect(0);

    let directories = names.iter().chain(&["shared"]).map(|name| place.root.join(name));
    let watch = Watch::on(directories);
    let records = fs::read_dir(place.cache.join("records-3")).unwrap();
    let records = Watch::on(records.map(|entry| entry.unwrap().path()));
    let again = place.run(&["build"]).expect(0).stderr;
    assert_eq!(watch.opened(), BTreeSet::new());
    assert_eq!(records.opened(), BTreeSet::new());
    assert!(again.contains("`b`, `c`; they are left out"), "what a record says is told: {again}");

    // Equal bytes, and the time as it was: read all the same, and nothing else is.
    let source = place.root.join("b/source.wasm");
    let time = fs::metadata(&source).unwrap().modified().unwrap();
    fs::write(&source, wasm(ANSWER)).unwrap();
    fs::File::options().write(true).open(&source).unwrap().set_modified(time).unwrap();
    watch.opened();
    place.run(&["build"]).expect(0);
    assert_eq!(watch.opened(), BTreeSet::from(["source.wasm".to_owned()]));
    assert_eq!(place.starts(), names.len());
}

#[test]
fn what_git_ignores_is_built_from_only_if_it_is_named() {
    let place = Place::new().with_fake_tools();
    let manifest = |inputs: &str| {
        let component = format!("[component.a]\npath = 'a'\ntoolchain = 'fake'\n{inputs}");
        format!("[pipeline]\nname = 'one'\n{component}")
    };
    place.write("pipeline.toml", manifest(""));
    place.write("a/source.wasm", wasm(ANSWER));
    place.write(".gitignore", "behaviour\n/generated\n");
    // The compiler would fail if it saw it.
    place.write("a/behaviour", "fail");
    place.write("generated/table.json", "{}");
    place.run(&["build"]).expect(0);

    place.write("pipeline.toml", manifest("inputs = ['generated/*.json']\n"));
    let planned = place.run(&["plan"]).expect(0).stdout;
    assert!(planned.contains("`generated/table.json` is new"), "{planned}");

    place.write("a/.gitignore", "!behaviour\n");
    place.run(&["build"]).expect(1);
}

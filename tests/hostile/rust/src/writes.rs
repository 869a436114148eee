//! Ways to change what can only be read.

use crate::bindings::exports::poly::hostile::writes::Guest;
use crate::bindings::wasi::filesystem::types::{
    Descriptor, DescriptorFlags, NewTimestamp, OpenFlags, PathFlags,
};
use crate::{create, data, open, said, work, Answer};

const FILE: &str = "file.txt";

impl Guest for crate::Guest {
    fn open_to_write() -> Answer {
        opened(OpenFlags::empty(), DescriptorFlags::READ | DescriptorFlags::WRITE)
    }

    fn truncate() -> Answer {
        opened(OpenFlags::TRUNCATE, DescriptorFlags::WRITE)
    }

    fn truncate_and_read() -> Answer {
        opened(OpenFlags::TRUNCATE, DescriptorFlags::READ)
    }

    fn create() -> Answer {
        create(&data(), "new.txt").map_err(said)?;
        done()
    }

    fn write_what_was_opened_to_read() -> Answer {
        file()?.write(b"changed", 0).map_err(said)?;
        done()
    }

    fn write_by_a_stream() -> Answer {
        let stream = file()?.write_via_stream(0).map_err(said)?;
        stream.blocking_write_and_flush(b"changed").map_err(|error| format!("{error:?}"))?;
        done()
    }

    fn append_by_a_stream() -> Answer {
        let stream = file()?.append_via_stream().map_err(said)?;
        stream.blocking_write_and_flush(b"changed").map_err(|error| format!("{error:?}"))?;
        done()
    }

    fn set_size() -> Answer {
        file()?.set_size(0).map_err(said)?;
        done()
    }

    fn set_times() -> Answer {
        file()?.set_times(NewTimestamp::Now, NewTimestamp::Now).map_err(said)?;
        done()
    }

    fn remove() -> Answer {
        data().unlink_file_at(FILE).map_err(said)?;
        done()
    }

    fn make_a_directory() -> Answer {
        data().create_directory_at("new").map_err(said)?;
        done()
    }

    fn make_a_link() -> Answer {
        data().symlink_at(FILE, "new").map_err(said)?;
        done()
    }

    fn rename() -> Answer {
        data().rename_at(FILE, &data(), "new.txt").map_err(said)?;
        done()
    }

    fn rename_into_the_other() -> Answer {
        data().rename_at(FILE, &work(), "taken.txt").map_err(said)?;
        done()
    }

    fn hard_link_into_the_other() -> Answer {
        data().link_at(PathFlags::empty(), FILE, &work(), "same.txt").map_err(said)?;
        done()
    }

    fn replace_from_the_other() -> Answer {
        create(&work(), "mine.txt").map_err(said)?;
        work().rename_at("mine.txt", &data(), FILE).map_err(said)?;
        done()
    }

    fn open_a_directory_to_change_it() -> Answer {
        let flags = DescriptorFlags::READ | DescriptorFlags::MUTATE_DIRECTORY;
        let again = data().open_at(PathFlags::empty(), ".", OpenFlags::DIRECTORY, flags);
        again.map_err(said)?.unlink_file_at(FILE).map_err(said)?;
        done()
    }
}

fn opened(how: OpenFlags, flags: DescriptorFlags) -> Answer {
    data().open_at(PathFlags::empty(), FILE, how, flags).map_err(said)?;
    done()
}

fn file() -> Result<Descriptor, String> {
    open(&data(), FILE).map_err(said)
}

fn done() -> Answer {
    Ok("it was let".to_owned())
}

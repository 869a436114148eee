//! Ways to fill the disk. None of them ends by itself.

use std::mem::forget;

use crate::bindings::exports::poly::hostile::disk::Guest;
use crate::bindings::wasi::filesystem::types::{Descriptor, DescriptorFlags, OpenFlags, PathFlags};
use crate::floods::flood;
use crate::{create, said, work, Answer};

impl Guest for crate::Guest {
    fn a_file() -> Answer {
        let file = file()?;
        let bytes = vec![1; 1 << 20];
        let mut at = 0;
        loop {
            at += file.write(&bytes, at).map_err(said)?;
        }
    }

    fn by_a_stream() -> Answer {
        flood(&file()?.write_via_stream(0).map_err(said)?)
    }

    fn by_appending() -> Answer {
        flood(&file()?.append_via_stream().map_err(said)?)
    }

    fn by_zeroes() -> Answer {
        let stream = file()?.append_via_stream().map_err(said)?;
        loop {
            stream.blocking_write_zeroes_and_flush(4096).map_err(|error| format!("{error:?}"))?;
        }
    }

    fn onto_itself() -> Answer {
        let flags = DescriptorFlags::READ | DescriptorFlags::WRITE;
        let file = work().open_at(PathFlags::empty(), "flood", OpenFlags::CREATE, flags);
        let file = file.map_err(said)?;
        file.write(&[1; 4096], 0).map_err(said)?;
        let end = file.append_via_stream().map_err(said)?;
        loop {
            let all = file.read_via_stream(0).map_err(said)?;
            end.blocking_splice(&all, u64::MAX).map_err(|error| format!("{error:?}"))?;
        }
    }

    fn a_byte_far_out() -> Answer {
        let written = file()?.write(&[1], 1 << 40).map_err(said)?;
        Ok(format!("{written} byte"))
    }

    fn a_stream_far_out() -> Answer {
        flood(&file()?.write_via_stream(1 << 40).map_err(said)?)
    }

    fn a_file_of_holes() -> Answer {
        file()?.set_size(1 << 40).map_err(said)?;
        Ok("a terabyte".to_owned())
    }

    fn the_largest_file() -> Answer {
        file()?.set_size(u64::MAX).map_err(said)?;
        Ok("all there is".to_owned())
    }

    fn files() -> Answer {
        let work = work();
        again("file", |name| create(&work, name).map(drop).map_err(said))
    }

    fn directories() -> Answer {
        let work = work();
        again("directory", |name| work.create_directory_at(name).map_err(said))
    }

    fn symbolic_links() -> Answer {
        let work = work();
        let target = "x".repeat(4000);
        again("symbolic", |name| work.symlink_at(&target, name).map_err(said))
    }

    fn hard_links() -> Answer {
        forget(file()?);
        let work = work();
        again("hard", |name| work.link_at(PathFlags::empty(), "flood", &work, name).map_err(said))
    }

    fn renames() -> Answer {
        let work = work();
        let name = "x".repeat(200);
        work.create_directory_at("inner").map_err(said)?;
        forget(create(&work, &name).map_err(said)?);
        let inner = format!("inner/{name}");
        loop {
            work.rename_at(&name, &work, &inner).map_err(said)?;
            work.rename_at(&inner, &work, &name).map_err(said)?;
        }
    }

    fn removed_and_written_again() -> Answer {
        let work = work();
        loop {
            let file = create(&work, "flood").map_err(said)?;
            file.write(&[1; 1 << 16], 0).map_err(said)?;
            file.set_size(0).map_err(said)?;
            work.unlink_file_at("flood").map_err(said)?;
        }
    }
}

fn file() -> Result<Descriptor, String> {
    create(&work(), "flood").map_err(said)
}

/// Does something with one name after the other.
fn again(what: &str, make: impl Fn(&str) -> Result<(), String>) -> Answer {
    for number in 0_u64.. {
        make(&format!("{what}-{number}"))?;
    }
    unreachable!()
}

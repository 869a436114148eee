//! Ways out of a directory.

use crate::bindings::exports::poly::hostile::paths::Guest;
use crate::bindings::wasi::filesystem::types::{DescriptorFlags, OpenFlags, PathFlags};
use crate::{create, data, open, said, steal, work, Answer};

const SECRET: &str = "secret.txt";
const ABOVE: &str = "../secret.txt";

impl Guest for crate::Guest {
    fn dot_dot() -> Answer {
        steal(&data(), ABOVE)
    }

    fn dot_dot_below() -> Answer {
        steal(&data(), "inner/../../secret.txt")
    }

    fn dot_dot_through_a_file() -> Answer {
        steal(&data(), "file.txt/../../secret.txt")
    }

    fn dot_dot_as_a_directory() -> Answer {
        let above = data().open_at(
            PathFlags::empty(),
            "..",
            OpenFlags::DIRECTORY,
            DescriptorFlags::READ,
        );
        steal(&above.map_err(said)?, SECRET)
    }

    fn absolute() -> Answer {
        steal(&data(), "/etc/passwd")
    }

    fn planted_link() -> Answer {
        steal(&data(), "planted")
    }

    fn planted_link_to_a_directory() -> Answer {
        steal(&data(), "planted-directory/secret.txt")
    }

    fn planted_link_with_a_slash() -> Answer {
        let above = data().open_at(
            PathFlags::empty(),
            "planted-directory/",
            OpenFlags::DIRECTORY,
            DescriptorFlags::READ,
        );
        steal(&above.map_err(said)?, SECRET)
    }

    fn slash_at_the_end() -> Answer {
        steal(&data(), "../secret.txt/").or_else(|_| steal(&data(), "planted/"))
    }

    fn own_link() -> Answer {
        work().symlink_at(ABOVE, "own").map_err(said)?;
        steal(&work(), "own")
    }

    fn own_absolute_link() -> Answer {
        work().symlink_at("/etc/passwd", "own-absolute").map_err(said)?;
        steal(&work(), "own-absolute")
    }

    fn own_link_in_two_steps() -> Answer {
        let work = work();
        work.create_directory_at("deep").map_err(said)?;
        work.create_directory_at("deep/deeper").map_err(said)?;
        // It leads to a file of the granted directory, until its own lies higher.
        work.symlink_at("../../secret.txt", "deep/deeper/out").map_err(said)?;
        work.rename_at("deep/deeper", &work, "higher").map_err(said)?;
        steal(&work, "higher/out")
    }

    fn hard_link_from_above() -> Answer {
        work().link_at(PathFlags::empty(), ABOVE, &work(), "stolen").map_err(said)?;
        steal(&work(), "stolen")
    }

    fn hard_link_of_a_link() -> Answer {
        work().link_at(PathFlags::SYMLINK_FOLLOW, "planted", &work(), "stolen").map_err(said)?;
        steal(&work(), "stolen")
    }

    fn rename_out() -> Answer {
        create(&work(), "mine").map_err(said)?;
        work().rename_at("mine", &work(), "../taken-out").map_err(said)?;
        Ok("it is outside".to_owned())
    }

    fn rename_from_above() -> Answer {
        work().rename_at(ABOVE, &work(), "stolen").map_err(said)?;
        steal(&work(), "stolen")
    }

    fn look_above() -> Answer {
        let found = data().stat_at(PathFlags::empty(), ABOVE).map_err(said)?;
        Ok(format!("{} bytes", found.size))
    }

    fn where_a_link_leads() -> Answer {
        data().readlink_at("planted-absolute").map_err(said)
    }

    fn a_nul_in_the_path() -> Answer {
        steal(&data(), "file.txt\0/../../secret.txt")
    }

    fn a_very_long_path() -> Answer {
        steal(&data(), &"a/".repeat(500_000))
    }

    fn a_pipe_that_nobody_writes() -> Answer {
        let pipe = open(&data(), "pipe").map_err(said)?;
        crate::read(&pipe)
    }
}

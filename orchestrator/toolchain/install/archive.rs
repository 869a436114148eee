//! Release archives: downloaded, held against their checksum, and only then unpacked.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use flate2::read::GzDecoder;
use poly_cache::Digest;
use ureq::tls::{RootCerts, TlsConfig};

use super::super::definition::Archive;
use super::super::process::{ProcessError, Running};
use super::Place;
use super::way::Failure;

/// A server that does not answer for this long is given up.
const PATIENCE: Duration = Duration::from_secs(20);

/// No release archive of a compiler is larger.
const LARGEST: u64 = 4 << 30;

/// Installs an archive into a prefix, by way of a work directory in the same file system.
pub(super) fn install(
    archive: &Archive,
    strip: u32,
    bin: &str,
    place: &Place,
    running: &Running,
) -> Result<(), Failure> {
    let Place { work, prefix, .. } = place;
    let file = work.join("archive.tar.gz");
    download(&archive.url, &file, running)?;
    let digest = Digest::of_file(&file).map_err(Failure::Home)?;
    if digest != archive.sha256 {
        return Err(Failure::Said(format!(
            "{} has the SHA-256 {digest}, not {}",
            archive.url, archive.sha256
        )));
    }
    let unpacked = work.join("unpacked");
    // A path that leads out of the directory is left out by `unpack`.
    File::open(&file)
        .and_then(|file| tar::Archive::new(GzDecoder::new(file)).unpack(&unpacked))
        .map_err(|error| Failure::Said(format!("cannot unpack {}: {error}", archive.url)))?;
    let top = stripped(unpacked, strip)?;
    move_entries(&top, prefix).map_err(Failure::Home)?;
    if bin != "bin" {
        std::os::unix::fs::symlink(bin, prefix.join("bin")).map_err(Failure::Home)?;
    }
    Ok(())
}

fn download(url: &str, file: &Path, running: &Running) -> Result<(), Failure> {
    let failed = |error: &dyn std::error::Error| {
        let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
        Failure::Said(format!("cannot download {url}: {error}{cause}"))
    };
    // The system's certificates: behind a company's proxy no others will do.
    let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
    let agent = ureq::Agent::config_builder()
        .tls_config(tls)
        .timeout_connect(Some(PATIENCE))
        .timeout_recv_response(Some(PATIENCE))
        .build()
        .new_agent();
    let response = agent.get(url).call().map_err(|error| failed(&error))?;
    let mut body = response.into_body().into_with_config().limit(LARGEST).reader();
    let mut file = File::create(file).map_err(Failure::Home)?;
    let mut buffer = vec![0; 128 * 1024];
    loop {
        // Ctrl-C stops processes; this is the one long thing that is none.
        if running.interrupted() {
            return Err(Failure::Process(ProcessError::Interrupted));
        }
        match body.read(&mut buffer).map_err(|error| failed(&error))? {
            0 => return Ok(()),
            length => file.write_all(&buffer[..length]).map_err(Failure::Home)?,
        }
    }
}

/// The directory that is left of an archive without its topmost directories.
fn stripped(mut directory: PathBuf, strip: u32) -> Result<PathBuf, Failure> {
    for _ in 0..strip {
        let entries: Result<Vec<_>, _> =
            std::fs::read_dir(&directory).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        match entries.map_err(Failure::Home)?.as_slice() {
            [only] if only.path().is_dir() => directory = only.path(),
            _ => {
                let message = "the archive does not consist of one directory";
                return Err(Failure::Said(message.to_owned()));
            }
        }
    }
    Ok(directory)
}

fn move_entries(from: &Path, to: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        std::fs::rename(entry.path(), to.join(entry.file_name()))?;
    }
    Ok(())
}

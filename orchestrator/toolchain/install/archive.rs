//! Release archives: downloaded, held against their checksum, and only then unpacked.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use flate2::read::GzDecoder;
use poly_cache::Digest;
use ureq::tls::{RootCerts, TlsConfig};

use super::super::definition::Archive;
use super::super::process::{ProcessError, Running};
use super::place::{POLL, Place};
use super::way::Failure;

/// A server that does not answer for this long is given up.
const PATIENCE: Duration = Duration::from_secs(20);

/// Nor is a download of which nothing comes for this long.
const STALLED: Duration = Duration::from_mins(1);

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
    download(&archive.url, &file, running, STALLED)?;
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

/// Downloads in a thread of its own, so that neither a connection that has gone quiet nor an
/// interrupt is left unnoticed. A thread that is given up ends with its next read.
fn download(url: &str, file: &Path, running: &Running, patience: Duration) -> Result<(), Failure> {
    let (sender, progress) = channel();
    let (from, to) = (url.to_owned(), file.to_owned());
    thread::spawn(move || {
        let fetched = fetch(&from, &to, &|| sender.send(Progress::Came).is_ok());
        let _ = sender.send(Progress::Ended(fetched));
    });
    let mut last = Instant::now();
    loop {
        if running.interrupted() {
            return Err(Failure::Process(ProcessError::Interrupted));
        }
        match progress.recv_timeout(POLL) {
            Ok(Progress::Came) => last = Instant::now(),
            Ok(Progress::Ended(fetched)) => return fetched,
            Err(RecvTimeoutError::Timeout) if last.elapsed() < patience => {}
            Err(RecvTimeoutError::Disconnected) => {
                return Err(Failure::Said(format!("cannot download {url}: it broke off")));
            }
            Err(RecvTimeoutError::Timeout) => {
                let message = format!("cannot download {url}: nothing came for {patience:?}");
                return Err(Failure::Said(message));
            }
        }
    }
}

/// What the thread of a download says.
enum Progress {
    /// It goes on.
    Came,
    /// It is over.
    Ended(Result<(), Failure>),
}

/// Downloads; `came` is called for each piece, and says whether to go on.
fn fetch(url: &str, file: &Path, came: &dyn Fn() -> bool) -> Result<(), Failure> {
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
    while came() {
        match body.read(&mut buffer).map_err(|error| failed(&error))? {
            0 => break,
            length => file.write_all(&buffer[..length]).map_err(Failure::Home)?,
        }
    }
    Ok(())
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

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    /// A server that sends the beginning and then nothing more, for as long as it is kept.
    fn stalling() -> (String, TcpListener) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/tool.tar.gz", listener.local_addr().unwrap());
        let server = listener.try_clone().unwrap();
        thread::spawn(move || {
            let (mut stream, _) = server.accept().unwrap();
            let _ = stream.read(&mut [0; 1024]);
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nbeginning").unwrap();
            thread::sleep(Duration::from_secs(30));
        });
        (url, listener)
    }

    #[test]
    fn a_download_that_stands_still_is_given_up() {
        let (url, _server) = stalling();
        let directory = tempfile::tempdir().unwrap();
        let patience = Duration::from_millis(300);
        let failure = download(&url, &directory.path().join("x"), &Running::new(), patience);
        let Err(Failure::Said(said)) = failure else { panic!("it did not stand still") };
        assert_eq!(said, format!("cannot download {url}: nothing came for 300ms"));
    }

    #[test]
    fn an_interrupt_ends_a_download_that_stands_still() {
        let (url, _server) = stalling();
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("x");
        let running = Running::new();
        thread::scope(|scope| {
            let download = scope.spawn(|| download(&url, &file, &running, STALLED));
            while !file.exists() {
                thread::sleep(Duration::from_millis(5));
            }
            let started = Instant::now();
            running.interrupt_all();
            let ended = download.join().unwrap();
            assert!(matches!(ended, Err(Failure::Process(ProcessError::Interrupted))));
            assert!(started.elapsed() < Duration::from_secs(10));
        });
    }
}

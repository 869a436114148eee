//! Standard streams: those that are not granted, whose use is noted, and files in their place.

use std::fs::File;
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use rustix::fs::OFlags;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use wasmtime_wasi::cli::{IsTerminal, StdinStream, StdoutStream};
use wasmtime_wasi::p2::{InputStream, OutputStream, Pollable, StreamError, StreamResult};

use super::capture::CHUNK;
use super::opening::{self, Unopened};
use super::refusals::Refusals;

/// A stream that is not granted: empty if it is read, and thrown away what is written.
#[derive(Clone)]
pub(super) struct Ungranted {
    refusals: Refusals,
    function: &'static str,
    grant: &'static str,
}

impl Ungranted {
    pub(super) fn stdin(refusals: Refusals) -> Self {
        Self { refusals, function: "wasi:cli/stdin.get-stdin", grant: "stdin = true" }
    }

    pub(super) fn stdout(refusals: Refusals) -> Self {
        Self { refusals, function: "wasi:cli/stdout.get-stdout", grant: "stdout = true" }
    }

    pub(super) fn stderr(refusals: Refusals) -> Self {
        Self { refusals, function: "wasi:cli/stderr.get-stderr", grant: "stderr = true" }
    }

    fn note(&self) {
        self.refusals.note(self.function, None, || self.grant.to_owned());
    }
}

impl IsTerminal for Ungranted {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdinStream for Ungranted {
    fn async_stream(&self) -> Box<dyn AsyncRead + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn InputStream> {
        Box::new(self.clone())
    }
}

impl StdoutStream for Ungranted {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Ungranted {
    async fn ready(&mut self) {}
}

impl InputStream for Ungranted {
    fn read(&mut self, _size: usize) -> StreamResult<Bytes> {
        self.note();
        Err(StreamError::Closed)
    }
}

impl OutputStream for Ungranted {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        if !bytes.is_empty() {
            self.note();
        }
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(CHUNK)
    }
}

impl AsyncRead for Ungranted {
    fn poll_read(
        self: Pin<&mut Self>,
        _context: &mut Context<'_>,
        _into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.note();
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Ungranted {
    fn poll_write(
        self: Pin<&mut Self>,
        _context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if !bytes.is_empty() {
            self.note();
        }
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Opens the file that standard input is read from.
pub(super) fn input(base: &Path, file: &str) -> io::Result<File> {
    open(base, file, OFlags::RDONLY)
}

/// Opens, makes and empties the file that an output goes to.
pub(super) fn output(base: &Path, file: &str) -> io::Result<File> {
    let file = open(base, file, OFlags::WRONLY | OFlags::CREATE)?;
    file.set_len(0)?;
    Ok(file)
}

fn open(base: &Path, file: &str, flags: OFlags) -> io::Result<File> {
    opening::file(base, file, flags).map_err(|unopened| match unopened {
        Unopened::Link(link) => {
            io::Error::other(format!("`{}` is a symbolic link", link.display()))
        }
        Unopened::Failed(error) => error,
    })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn files_stay_below_the_manifest_whatever_links_there_are() {
        let yard = tempfile::tempdir().unwrap();
        let base = yard.path().join("pipeline");
        fs::create_dir_all(base.join("data")).unwrap();
        fs::write(yard.path().join("secret"), "secret").unwrap();
        fs::write(base.join("in"), "in").unwrap();
        symlink("../secret", base.join("link")).unwrap();
        symlink("..", base.join("up")).unwrap();
        symlink("in", base.join("inner")).unwrap();
        symlink("../new", base.join("dangling")).unwrap();
        let pipe = rustix::fs::Mode::from_raw_mode(0o600);
        rustix::fs::mknodat(
            rustix::fs::CWD,
            base.join("pipe"),
            rustix::fs::FileType::Fifo,
            pipe,
            0,
        )
        .unwrap();
        for file in ["in", "data/../in", "./in"] {
            assert!(input(&base, file).is_ok(), "{file}");
        }
        for file in [
            "link",
            "up/secret",
            "gone",
            "data/../../secret",
            "inner",
            "up/pipeline/in",
            "pipe",
            ".",
        ] {
            assert!(input(&base, file).is_err(), "{file}");
        }
        for file in ["out", "data/out", "in"] {
            assert!(output(&base, file).is_ok(), "{file}");
        }
        for file in ["link", "up/secret", "up/new", "dangling", "inner", "data", "pipe"] {
            assert!(output(&base, file).is_err(), "{file}");
        }
        assert_eq!(fs::read_to_string(yard.path().join("secret")).unwrap(), "secret");
        assert!(!yard.path().join("new").exists());
    }
}

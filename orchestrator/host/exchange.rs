//! One HTTP request and its answer, over a connection of its own to an address that was found
//! right before.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, Uri};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::error::Elapsed;
use tokio::time::{Instant, Sleep};
use tokio_rustls::TlsConnector;
use wasmtime_wasi_http::io::TokioIo;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody};

use super::bodies::Bodies;
use super::requests::Target;
use crate::manifest::{Host, HttpScheme};

/// What a request that was sent goes on doing.
pub(super) type Exchange = Box<dyn Future<Output = Result<(), Error>> + Send>;

/// The longest that is waited for a connection or for a piece of an answer, and how long where the
/// component does not say.
const PATIENCE: Duration = Duration::from_mins(10);

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Sends `request` to the first of `addresses` that takes the connection. Nothing is looked up, and
/// no redirect is followed.
pub(super) async fn send(
    mut request: Request<WasiBody>,
    target: &Target,
    addresses: &[SocketAddr],
    options: RequestOptions,
    bodies: &Bodies,
) -> Result<(Response<WasiBody>, Exchange), Error> {
    let stream = within(options.connect_timeout, connect(target, addresses));
    let stream = stream.await.map_err(|_| Error::ConnectionTimeout)??;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    // Who is asked stands in a header; only a proxy is told the whole URL.
    let path = request.uri().path_and_query().cloned();
    *request.uri_mut() = path.map_or_else(Uri::default, Uri::from);
    // It ends when whoever holds it, the answer's body at last, lets go.
    let connection = wasmtime_wasi::runtime::spawn(connection);
    let answer =
        within(options.first_byte_timeout, sender.send_request(request.map(|it| bodies.bound(it))));
    let answer = answer.await.map_err(|_| Error::ConnectionReadTimeout)??;
    let answer = answer
        .map(|body| WasiBody::new(bodies.bound(Answer::new(body, options.between_bytes_timeout))));
    Ok((answer, Box::new(async move { connection.await.map_err(Error::from) })))
}

/// Waits no longer than the component said, and never longer than [`PATIENCE`].
pub(super) async fn within<T>(
    said: Option<Duration>,
    waiting: impl Future<Output = T>,
) -> Result<T, Elapsed> {
    tokio::time::timeout(patience(said), waiting).await
}

fn patience(said: Option<Duration>) -> Duration {
    said.map_or(PATIENCE, |said| said.min(PATIENCE))
}

async fn connect(target: &Target, addresses: &[SocketAddr]) -> Result<Box<dyn Stream>, Error> {
    let mut failure = Error::DestinationUnavailable;
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(stream) if target.scheme == HttpScheme::Https => {
                return Ok(Box::new(secure(&target.host, stream).await?));
            }
            Ok(stream) => return Ok(Box::new(stream)),
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                failure = Error::ConnectionRefused;
            }
            Err(_) => {}
        }
    }
    Err(failure)
}

/// TLS with whoever can prove to be `host`: the name that was granted, whatever its address.
async fn secure(
    host: &Host,
    stream: TcpStream,
) -> Result<tokio_rustls::client::TlsStream<TcpStream>, Error> {
    let name = match host {
        Host::Name(name) => ServerName::try_from(name.clone()),
        Host::Address(address) => Ok(ServerName::from(IpAddr::to_canonical(address))),
    };
    let name = name.map_err(|_| Error::HttpRequestUriInvalid)?;
    let connector = TlsConnector::from(client()?);
    connector.connect(name, stream).await.map_err(|error| {
        let cause = error.get_ref().and_then(|cause| cause.downcast_ref::<rustls::Error>());
        match cause {
            Some(rustls::Error::InvalidCertificate(_)) => Error::TlsCertificateError,
            _ => Error::Tls(error),
        }
    })
}

/// Whom the system trusts, or the files that `SSL_CERT_FILE` and `SSL_CERT_DIR` name; read once.
fn client() -> Result<Arc<ClientConfig>, Error> {
    static CLIENT: OnceLock<Result<Arc<ClientConfig>, String>> = OnceLock::new();
    let client = CLIENT.get_or_init(|| {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(BuilderVerifierExt::with_platform_verifier);
        let builder = builder.map_err(|error| error.to_string())?;
        Ok(Arc::new(builder.with_no_client_auth()))
    });
    client.clone().map_err(|error| Error::InternalError(Some(error)))
}

/// The body of an answer, whose pieces come within some time of one another.
struct Answer {
    body: Incoming,
    patience: Duration,
    alarm: Pin<Box<Sleep>>,
}

impl Answer {
    fn new(body: Incoming, said: Option<Duration>) -> Self {
        let patience = patience(said);
        Self { body, patience, alarm: Box::pin(tokio::time::sleep(patience)) }
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) {
            let end = Instant::now() + self.patience;
            self.alarm.as_mut().reset(end);
            return Poll::Ready(frame.map(|frame| frame.map_err(Error::from)));
        }
        ready!(self.alarm.as_mut().poll(context));
        Poll::Ready(Some(Err(Error::ConnectionReadTimeout)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

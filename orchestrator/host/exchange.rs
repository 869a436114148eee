//! One HTTP request and its answer, over a connection of its own to an address that was found
//! right before.

use std::future::poll_fn;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::{Pin, pin};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, Uri};
use hyper::body::{Body, Frame, SizeHint};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::Sleep;
use tokio::time::error::Elapsed;
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
    let (turn, turns) = watch::channel(Turn::Server);
    let request = request.map(|body| Told { body: bodies.bound(body), turn });
    let answer = answered(options.first_byte_timeout, sender.send_request(request), turns);
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

/// Waits for an answer no longer than the component said, of which only the server's turns count: the
/// time since the last piece of the request was handed on.
async fn answered<T>(
    said: Option<Duration>,
    answer: impl Future<Output = T>,
    mut turns: watch::Receiver<Turn>,
) -> Result<T, Elapsed> {
    let mut answer = pin!(answer);
    loop {
        let said = match *turns.borrow_and_update() {
            Turn::Component => None,
            Turn::Server => said,
        };
        let (mut change, mut is_last) = (pin!(turns.changed()), false);
        let next = poll_fn(|context| {
            if let Poll::Ready(answer) = answer.as_mut().poll(context) {
                return Poll::Ready(Some(answer));
            }
            if is_last {
                return Poll::Pending;
            }
            let changed = ready!(change.as_mut().poll(context));
            // When nobody has the body any more, no turn comes after this one.
            is_last = changed.is_err();
            if is_last { Poll::Pending } else { Poll::Ready(None) }
        });
        if let Some(answer) = within(said, next).await? {
            return Ok(answer);
        }
    }
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

/// Who is waited for while a request is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// The component, which has more of the request's body to give.
    Component,
    /// The server, which has to take what there is, or to answer.
    Server,
}

/// The body of a request, which tells whose turn it is.
struct Told<B> {
    body: B,
    turn: watch::Sender<Turn>,
}

impl<B: Body + Unpin> Body for Told<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        self.turn.send_replace(if frame.is_pending() { Turn::Component } else { Turn::Server });
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The body of an answer, whose server is waited for only so long: while somebody asks for a piece
/// and there is none. A component that takes its time between two reads is no matter of the server.
struct Answer<B> {
    body: B,
    patience: Duration,
    /// Rings when the server took too long; none while nobody waits.
    alarm: Option<Pin<Box<Sleep>>>,
}

impl<B> Answer<B> {
    fn new(body: B, said: Option<Duration>) -> Self {
        Self { body, patience: patience(said), alarm: None }
    }
}

impl<B: Body<Data = Bytes, Error: Into<Error>> + Unpin> Body for Answer<B> {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let Self { body, patience, alarm } = &mut *self;
        if let Poll::Ready(frame) = Pin::new(body).poll_frame(context) {
            *alarm = None;
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        let alarm = alarm.get_or_insert_with(|| Box::pin(tokio::time::sleep(*patience)));
        ready!(alarm.as_mut().poll(context));
        Poll::Ready(Some(Err(Error::ConnectionReadTimeout)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::sleep;
    use wasmtime_wasi::runtime::in_tokio;

    use super::*;

    /// A server that needs so long for each piece, once it is asked for one.
    struct Slow {
        pause: Duration,
        begun: Option<Pin<Box<Sleep>>>,
    }

    impl Body for Slow {
        type Data = Bytes;
        type Error = Error;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            context: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
            let pause = self.pause;
            let begun = self.begun.get_or_insert_with(|| Box::pin(tokio::time::sleep(pause)));
            ready!(begun.as_mut().poll(context));
            self.begun = None;
            Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"piece")))))
        }
    }

    #[test]
    fn only_the_server_is_waited_for() {
        const PATIENCE: Duration = Duration::from_millis(400);
        let answer = |pause| Answer::new(Slow { pause, begun: None }, Some(PATIENCE));
        in_tokio(async {
            let mut answer = answer(Duration::from_millis(1));
            for _ in 0..2 {
                let piece = poll_fn(|context| Pin::new(&mut answer).poll_frame(context)).await;
                assert!(piece.unwrap().is_ok());
                // The component's own time.
                std::thread::sleep(PATIENCE * 2);
            }
        });
        in_tokio(async {
            let mut answer = answer(PATIENCE * 100);
            let piece = poll_fn(|context| Pin::new(&mut answer).poll_frame(context)).await;
            assert!(matches!(piece, Some(Err(Error::ConnectionReadTimeout))));
        });
    }

    /// A request whose component takes so long for its body, and its server for the answer.
    async fn answer(component: Duration, server: Duration) -> Result<(), Elapsed> {
        const PATIENCE: Duration = Duration::from_millis(400);
        let (turn, turns) = watch::channel(Turn::Server);
        let mut body = Told { body: Slow { pause: component, begun: None }, turn };
        let answer = async {
            let piece = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await;
            assert!(piece.unwrap().is_ok());
            drop(body);
            sleep(server).await;
        };
        answered(Some(PATIENCE), answer, turns).await
    }

    #[test]
    fn a_server_is_not_blamed_for_the_component_that_makes_a_body() {
        let (short, long) = (Duration::from_millis(1), Duration::from_millis(900));
        in_tokio(async {
            assert!(answer(long, short).await.is_ok());
            assert!(answer(short, long).await.is_err());
            assert!(answer(long, long).await.is_err());
        });
    }
}

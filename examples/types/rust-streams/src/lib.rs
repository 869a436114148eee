//! The end of the chain of streams and futures: reads what it is given, and writes it to another
//! stream or future.

wit_bindgen::generate!({ path: "../wit", world: "rust-streams" });

use exports::poly::types::streams::{Guest, Segment};
use wit_bindgen::{spawn_local, FutureReader, StreamReader, StreamResult, StreamWriter};

struct Component;

impl Guest for Component {
    async fn echo_bytes(value: StreamReader<u8>) -> StreamReader<u8> {
        let (writer, reader) = wit_stream::new();
        spawn_local(pass_on(value, writer));
        reader
    }

    async fn echo_strings(value: StreamReader<String>) -> StreamReader<String> {
        let (writer, reader) = wit_stream::new();
        spawn_local(pass_on(value, writer));
        reader
    }

    async fn echo_records(value: StreamReader<Segment>) -> StreamReader<Segment> {
        let (writer, reader) = wit_stream::new();
        spawn_local(pass_on(value, writer));
        reader
    }

    async fn echo_future(value: FutureReader<String>) -> FutureReader<String> {
        let (writer, reader) = wit_future::new(String::new);
        spawn_local(async move { writer.write(value.await).await });
        reader
    }
}

/// Reads until the other end is closed, in pieces.
async fn pass_on<T>(mut source: StreamReader<T>, mut sink: StreamWriter<T>) {
    loop {
        let (result, piece) = source.read(Vec::with_capacity(1000)).await;
        sink.write_all(piece).await;
        if result == StreamResult::Dropped {
            return;
        }
    }
}

export!(Component);

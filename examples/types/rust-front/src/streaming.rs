//! Streams and futures in use: what is given is written to one, and what comes back on another
//! is read.

use wit_bindgen::spawn_local;

use crate::exports::poly::types::streaming::Guest;
use crate::poly::types::shapes::Segment;
use crate::poly::types::streams;
use crate::{wit_future, wit_stream, Component};

impl Guest for Component {
    async fn bytes(value: Vec<u8>) -> Vec<u8> {
        let (mut writer, reader) = wit_stream::new();
        spawn_local(async move { writer.write_all(value).await });
        streams::echo_bytes(reader).await.collect().await
    }

    async fn strings(value: Vec<String>) -> Vec<String> {
        let (mut writer, reader) = wit_stream::new();
        spawn_local(async move { writer.write_all(value).await });
        streams::echo_strings(reader).await.collect().await
    }

    async fn records(value: Vec<Segment>) -> Vec<Segment> {
        let (mut writer, reader) = wit_stream::new();
        spawn_local(async move { writer.write_all(value).await });
        streams::echo_records(reader).await.collect().await
    }

    async fn later(value: String) -> String {
        let (writer, reader) = wit_future::new(String::new);
        spawn_local(async move { writer.write(value).await });
        streams::echo_future(reader).await.await
    }
}

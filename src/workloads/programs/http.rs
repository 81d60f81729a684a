//! A web service and its clients in one process: hyper on both ends of in-memory pipes, with a wait in each request.

use super::text::push_words;
use crate::workloads::pools::runtime;
use crate::workloads::{Context, Digest, Scale, Tracker};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode, client, server};
use hyper_util::rt::TokioIo;
use rand::RngExt;
use std::convert::Infallible;
use std::time::Duration;

/// The number of connections, which are open at once.
const CONNECTIONS: u64 = 64;
/// The time that a request waits for its database, unless the scale has another.
const WAIT: Duration = Duration::from_millis(1);

/// The maximum number of answers that a client keeps.
const KEPT: usize = 16;

/// At scale 1, 64 connections with 300 requests each, in sequence. The service waits, and answers with as much text as
/// requested.
pub(super) fn http<T: Tracker>(tracker: &T, scale: Scale) -> Digest {
    let mut context = Context::new(tracker);
    let wait = if scale.wait().is_zero() { WAIT } else { scale.wait() };
    runtime().block_on(async {
        let connections: Vec<_> = (0..CONNECTIONS)
            .map(|connection| tokio::spawn(one_connection(tracker.clone(), scale, connection, wait)))
            .collect();
        for connection in connections {
            context.merge(connection.await.expect("a connection of this program does not panic"));
        }
    });
    context.digest()
}

/// Opens a connection, asks, and reads the answers.
async fn one_connection<T: Tracker>(tracker: T, scale: Scale, number: u64, wait: Duration) -> Digest {
    let mut context = Context::new(&tracker);
    let mut rng = scale.task_rng(105, number);
    let (near, far) = tokio::io::duplex(16 * 1_024);
    let service = service_fn(move |request| answer(request, scale, wait));
    let served = tokio::spawn(server::conn::http1::Builder::new().serve_connection(TokioIo::new(far), service));
    let handshake = client::conn::http1::handshake(TokioIo::new(near)).await;
    let (mut sender, connection) = handshake.expect("a pipe in memory is open");
    let connected = tokio::spawn(connection);

    let mut answers: Vec<Bytes> = Vec::new();
    for _ in 0..scale.count(300) {
        let (page, words) = (rng.random_range(0..1_000_u64), rng.random_range(20..200));
        let request = Request::get(format!("/pages/{page}?words={words}"))
            .header("host", "example.org")
            .header("accept", "text/plain")
            .body(Full::new(Bytes::new()))
            .expect("a valid request");
        let response = sender.send_request(request).await.expect("the service answers");
        context.record(u64::from(response.status().as_u16()));
        let body = response.into_body().collect().await.expect("the service sends all of it").to_bytes();
        context.record(body.iter().fold(0, |sum, byte| sum.rotate_left(5) ^ u64::from(*byte)));
        // A client keeps its latest answers.
        if answers.len() == KEPT {
            answers.clear();
        }
        answers.push(body);
    }
    context.track("answers", &answers);
    drop(sender);
    // Both ends are dropped before the program returns.
    let _ = connected.await;
    let _ = served.await;
    context.digest()
}

/// Answers a request.
async fn answer(request: Request<Incoming>, scale: Scale, wait: Duration) -> Result<Response<Full<Bytes>>, Infallible> {
    let page: Option<u64> = request.uri().path().strip_prefix("/pages/").and_then(|page| page.parse().ok());
    let words = request.uri().query().and_then(|query| query.strip_prefix("words=")?.parse().ok());
    tokio::time::sleep(wait).await;
    let mut response = Response::new(Full::default());
    if let (Some(page), Some(words)) = (page, words) {
        let mut text = String::new();
        push_words(&mut text, words, &mut scale.task_rng(105, CONNECTIONS + page));
        *response.body_mut() = Full::new(Bytes::from(text));
    } else {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    Ok(response)
}

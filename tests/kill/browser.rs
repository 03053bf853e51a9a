//! A browser without scripts, over the wire, to a server that may be killed at any moment.

use crate::answer::{Answer, keep_cookies};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use std::{
    collections::BTreeMap,
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::{Notify, watch},
    time::timeout,
};

/// Where people reach the portal by its settings. Where it listens changes with each start.
pub(crate) const PUBLIC_URL: &str = "http://127.0.0.1:3000";

/// How long an answer or a restart may take: a server that lives answers within 60 s, if only that it is busy.
const PATIENCE: Duration = Duration::from_secs(90);

/// The server was killed before its answer was there. What was asked for has happened or not.
#[derive(Debug)]
pub(crate) struct Cut;

/// What all browsers share.
#[derive(Clone)]
pub(crate) struct Portal {
    /// Where the server listens, anew after each start.
    pub(crate) address: watch::Receiver<String>,
    /// Told when a form is sent that decides something.
    pub(crate) deciding: Arc<Notify>,
    /// How many answers a kill cut off.
    pub(crate) cut: Arc<AtomicUsize>,
}

/// One browser with its cookies.
pub(crate) struct Browser {
    portal: Portal,
    cookies: BTreeMap<String, String>,
}

impl Browser {
    pub(crate) fn new(portal: &Portal) -> Self {
        Self { portal: portal.clone(), cookies: BTreeMap::new() }
    }

    /// A page, and what it leads on to.
    pub(crate) async fn open(&mut self, path: &str) -> Result<Answer, Cut> {
        let mut path = path.to_owned();
        for _ in 0..5 {
            let answer = self.send(&format!("GET {path}"), "sec-fetch-site: same-origin\r\n", "").await?;
            if !answer.status.is_redirection() {
                assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
                return Ok(answer);
            }
            path = answer.location().to_owned();
        }
        panic!("{path} leads in circles");
    }

    /// Sends the form of `page`, which is at `path`, and opens where it leads.
    pub(crate) async fn submit(
        &mut self,
        page: &Answer,
        path: &str,
        action: &str,
        fields: &[(&str, &str)],
    ) -> Result<Answer, Cut> {
        let token = page.input("form_token").expect("a form with its token");
        let organization = path.split('/').nth(2).expect("a page of an organization");
        let mut all = vec![("organization", organization), ("page", path), ("form_token", &token)];
        all.extend(fields);
        let body = serde_urlencoded::to_string(all).unwrap();
        let headers = format!(
            "content-type: application/x-www-form-urlencoded\r\norigin: {PUBLIC_URL}\r\nsec-fetch-site: same-origin\r\n"
        );
        self.portal.deciding.notify_waiters();
        let answer = self.send(&format!("POST /api/{action}"), &headers, &body).await?;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{action}: {}", answer.body);
        let to = answer.location().to_owned();
        self.open(&to).await
    }

    async fn send(&mut self, what: &str, headers: &str, body: &str) -> Result<Answer, Cut> {
        let address = self.portal.address.borrow_and_update().clone();
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = format!(
            "{what} HTTP/1.1\r\nhost: 127.0.0.1:3000\r\nconnection: close\r\naccept: text/html\r\ncookie: {}\r\n\
             {headers}content-length: {}\r\n\r\n{body}",
            cookies.join("; "),
            body.len()
        );
        let answered = timeout(PATIENCE, exchange(&address, request.as_bytes())).await;
        match answered.unwrap_or_else(|_| panic!("{what}: no answer")) {
            Ok(answer) => {
                assert!(!answer.status.is_server_error(), "{what}: {} {}", answer.status, answer.body);
                keep_cookies(&mut self.cookies, &answer.headers);
                Ok(answer)
            }
            Err(error) => {
                let restarted = timeout(PATIENCE, self.portal.address.changed()).await;
                assert!(restarted.is_ok(), "{what}: {error}, and nobody had killed the server");
                self.portal.cut.fetch_add(1, Ordering::Relaxed);
                Err(Cut)
            }
        }
    }
}

/// One request on a connection of its own, and the whole answer or none.
async fn exchange(address: &str, request: &[u8]) -> io::Result<Answer> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(request).await?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await?;
    parse(&bytes).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
}

/// `None` for an answer that is not whole.
fn parse(bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let mut lines = std::str::from_utf8(&bytes[..end]).unwrap().lines();
    let status = lines.next()?.split(' ').nth(1)?.parse().unwrap();
    let headers: HeaderMap = lines
        .map(|line| {
            let (name, value) = line.split_once(": ").unwrap();
            (name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap())
        })
        .collect();
    let body = &bytes[end + 4..];
    let body = match headers.get("content-length") {
        Some(length) => {
            let length: usize = length.to_str().unwrap().parse().unwrap();
            (body.len() == length).then(|| body.to_vec())?
        }
        None => join_chunks(body)?,
    };
    Some(Answer { status, headers, body: String::from_utf8(body).unwrap() })
}

fn join_chunks(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = rest.windows(2).position(|two| two == b"\r\n")?;
        let length = usize::from_str_radix(std::str::from_utf8(&rest[..line]).unwrap(), 16).unwrap();
        if length == 0 {
            return Some(body);
        }
        body.extend(rest.get(line + 2..line + 2 + length)?);
        rest = rest.get(line + 4 + length..)?;
    }
}

//! Where a request comes from: the peer's address and, behind proxies that are trusted, the client's own.

use axum::http::{HeaderMap, HeaderName};
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// More entries than any chain of proxies has: whoever sends them is up to something.
const MOST_HOPS: usize = 32;

/// The other end of the connection that a request came by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Its address: the client's, or a proxy's.
    pub address: IpAddr,
    /// Whether the connection itself is TLS.
    pub encrypted: bool,
}

impl Peer {
    /// The other end of a connection from `address`.
    #[must_use]
    pub fn new(address: SocketAddr, encrypted: bool) -> Self {
        Self { address: address.ip().to_canonical(), encrypted }
    }

    /// Of a request that came by no connection, as tests in process make them: nobody was between.
    pub const IN_PROCESS: Self = Self { address: IpAddr::V4(Ipv4Addr::LOCALHOST), encrypted: true };
}

/// Whose request it is, as far as the network tells: found among the extensions of every request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Client(pub IpAddr);

impl Client {
    /// The network that limits count by: an IPv4 address as it is, of IPv6 the /64 that one household or office has.
    #[must_use]
    pub fn network(self) -> String {
        match self.0 {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => {
                Ipv6Net::new(address, 64).map_or_else(|_| address.to_string(), |net| net.trunc().to_string())
            }
        }
    }
}

/// The setting `trusted_proxies`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// Reads networks (`10.0.0.0/8`) and single addresses; `None` if one of them is neither.
    #[must_use]
    pub fn parse<'a>(networks: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let one = |text: &str| text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from));
        networks.into_iter().map(one).collect::<Option<_>>().map(Self)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether what `address` says about others is believed.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| match (network, address) {
            // 0.0.0.0/0 would trust IPv6 clients too if they were compared as mapped addresses.
            (IpNet::V4(network), IpAddr::V4(address)) => Ipv4Net::contains(network, &address),
            (IpNet::V6(network), IpAddr::V6(address)) => Ipv6Net::contains(network, &address),
            _ => false,
        })
    }
}

/// The address of the client: the right-most entry of `X-Forwarded-For` that no trusted proxy has. What stands left of
/// it was written by the client itself, and may say anything.
///
/// It is the peer's address when the peer is not trusted, and when the header is missing, too long, names only
/// trusted proxies, or holds anything but addresses as far as it is read.
#[must_use]
pub fn client(peer: IpAddr, headers: &HeaderMap, trusted: &TrustedProxies) -> IpAddr {
    if !trusted.contains(peer) {
        return peer;
    }
    let Some(entries) = list(headers, "x-forwarded-for") else { return peer };
    if entries.len() > MOST_HOPS {
        return peer;
    }
    for entry in entries.into_iter().rev() {
        match address(entry) {
            None => return peer,
            Some(address) if trusted.contains(address) => {}
            Some(address) => return address,
        }
    }
    peer
}

/// Whether a request was encrypted on its way from the client: by our own TLS, or a trusted proxy says so in
/// `X-Forwarded-Proto`. Of several entries the last counts, which is the nearest proxy's.
#[must_use]
pub fn is_encrypted(peer: Peer, headers: &HeaderMap, trusted: &TrustedProxies) -> bool {
    let says_https =
        || list(headers, "x-forwarded-proto")?.pop().map(|proto| proto.eq_ignore_ascii_case("https"));
    peer.encrypted || (trusted.contains(peer.address) && says_https().unwrap_or(false))
}

/// The entries of a header that proxies append to, whether in one line or in several; `None` if a line is not text.
fn list<'a>(headers: &'a HeaderMap, name: &'static str) -> Option<Vec<&'a str>> {
    let lines = headers.get_all(HeaderName::from_static(name)).iter().map(|line| line.to_str().ok());
    let lines: Option<Vec<_>> = lines.collect();
    Some(lines?.into_iter().flat_map(|line| line.split(',')).map(str::trim).collect())
}

/// An entry: an address, with a port where the proxy adds one.
fn address(entry: &str) -> Option<IpAddr> {
    let bare = || entry.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let with_port = || entry.parse::<SocketAddr>().ok().map(|address| address.ip());
    entry.parse().ok().or_else(with_port).or_else(bare).map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn headers(name: &'static str, lines: &[&str]) -> HeaderMap {
        lines
            .iter()
            .map(|line| (HeaderName::from_static(name), HeaderValue::from_str(line).unwrap()))
            .collect()
    }

    #[test]
    fn the_client_is_whom_the_trusted_proxies_saw() {
        let trusted = TrustedProxies::parse(["10.0.0.0/8", "192.0.2.7", "fd00::/8"]).unwrap();
        let thousand = vec!["10.0.0.1"; 1000].join(", ");
        #[rustfmt::skip]
        let cases: &[(&str, &[&str], &str, &str)] = &[
            ("10.0.0.1", &["203.0.113.9"], "203.0.113.9", "one proxy"),
            ("10.0.0.1", &["203.0.113.9, 10.0.0.2"], "203.0.113.9", "two proxies"),
            ("10.0.0.1", &["203.0.113.9", "10.0.0.2"], "203.0.113.9", "two proxies, a line each"),
            ("10.0.0.1", &["198.51.100.1, 203.0.113.9"], "203.0.113.9", "the client made the first entry up"),
            ("10.0.0.1", &["127.0.0.1, 203.0.113.9"], "203.0.113.9", "and would like to be ourselves"),
            ("10.0.0.1", &["<script>, 203.0.113.9"], "203.0.113.9", "or worse"),
            ("10.0.0.1", &["203.0.113.9:4711"], "203.0.113.9", "with a port"),
            ("10.0.0.1", &["[2001:db8::9]:4711"], "2001:db8::9", "IPv6 with a port"),
            ("10.0.0.1", &["[2001:db8::9]"], "2001:db8::9", "IPv6 in brackets"),
            ("10.0.0.1", &["2001:db8::9"], "2001:db8::9", "IPv6"),
            ("10.0.0.1", &["::ffff:203.0.113.9"], "203.0.113.9", "IPv4 as IPv6"),
            ("10.0.0.1", &["203.0.113.9, ::ffff:10.0.0.2"], "203.0.113.9", "a trusted proxy as IPv6"),
            ("192.0.2.7", &["203.0.113.9"], "203.0.113.9", "a single trusted address"),
            ("192.0.2.8", &["203.0.113.9"], "192.0.2.8", "its neighbour is not trusted"),
            ("fd00::1", &["2001:db8::9"], "2001:db8::9", "a proxy by IPv6"),
            ("203.0.113.5", &["10.0.0.1"], "203.0.113.5", "a stranger says something"),
            ("10.0.0.1", &[], "10.0.0.1", "no header"),
            ("10.0.0.1", &[""], "10.0.0.1", "an empty one"),
            ("10.0.0.1", &["203.0.113.9,"], "10.0.0.1", "an empty entry"),
            ("10.0.0.1", &["unknown"], "10.0.0.1", "no address"),
            ("10.0.0.1", &["203.0.113.9, nonsense"], "10.0.0.1", "no address last"),
            ("10.0.0.1", &["203.0.113.999"], "10.0.0.1", "no such address"),
            ("10.0.0.1", &["10.0.0.2, 10.0.0.3"], "10.0.0.1", "proxies only"),
            ("10.0.0.1", &[&thousand], "10.0.0.1", "a thousand"),
        ];
        for (peer, lines, expected, case) in cases {
            let found = client(peer.parse().unwrap(), &headers("x-forwarded-for", lines), &trusted);
            assert_eq!(found, expected.parse::<IpAddr>().unwrap(), "{case}");
        }
    }

    #[test]
    fn nobody_is_trusted_by_default() {
        let headers = headers("x-forwarded-for", &["203.0.113.9"]);
        let peer = IpAddr::V4(Ipv4Addr::LOCALHOST);
        assert_eq!(client(peer, &headers, &TrustedProxies::default()), peer);
    }

    #[test]
    fn bytes_that_are_no_text_are_nobodys_address() {
        let trusted = TrustedProxies::parse(["127.0.0.1"]).unwrap();
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", HeaderValue::from_bytes(b"203.0.113.9\xff").unwrap());
        let peer = IpAddr::V4(Ipv4Addr::LOCALHOST);
        assert_eq!(client(peer, &headers, &trusted), peer);
    }

    #[test]
    fn encryption_is_our_own_or_vouched_for() {
        let trusted = TrustedProxies::parse(["127.0.0.1"]).unwrap();
        let near = Peer { encrypted: false, ..Peer::IN_PROCESS };
        let far = Peer { address: "203.0.113.9".parse().unwrap(), encrypted: false };
        for (peer, lines, expected, case) in [
            (Peer { encrypted: true, ..far }, &[][..], true, "our own TLS"),
            (Peer { encrypted: true, ..far }, &["http"], true, "whatever a stranger says"),
            (near, &["https"], true, "a trusted proxy says so"),
            (near, &["HTTPS"], true, "in capitals"),
            (near, &["http, https"], true, "the nearest proxy got it encrypted"),
            (near, &["https", "http"], false, "the nearest proxy got it plain"),
            (near, &["http"], false, "plain"),
            (near, &[], false, "nothing said"),
            (far, &["https"], false, "a stranger says so"),
        ] {
            assert_eq!(
                is_encrypted(peer, &headers("x-forwarded-proto", lines), &trusted),
                expected,
                "{case}"
            );
        }
    }

    #[test]
    fn networks_are_read_or_refused() {
        assert!(TrustedProxies::parse([]).unwrap().is_empty());
        for good in ["10.0.0.0/8", "127.0.0.1", "::1", "fd00::/8", "0.0.0.0/0"] {
            assert!(TrustedProxies::parse([good]).is_some(), "{good}");
        }
        for bad in ["", "10.0.0.0/33", "localhost", "10.0.0.0-10.0.0.9", "10.0.0.1:80"] {
            assert!(TrustedProxies::parse([bad]).is_none(), "{bad}");
        }
    }

    #[test]
    fn limits_count_an_ipv6_household_as_one() {
        for (address, network) in [
            ("203.0.113.9", "203.0.113.9"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ] {
            assert_eq!(Client(address.parse().unwrap()).network(), network);
        }
    }
}

"""TLS handshakes with a provider port, for tests/it/as_provider.rs: provider_tls.py PORT. The certificates are those of SSL_CERT_FILE."""

import os
import socket
import ssl
import sys

PORT = int(sys.argv[1])
HEAD = "GET /x HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n"


def connected(target):
    """A connection, after a CONNECT to a target if there is one."""
    plain = socket.create_connection(("127.0.0.1", PORT), timeout=30)
    if target:
        plain.sendall(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode())
        answer = plain.recv(1000)
        assert answer == b"HTTP/1.1 200 Connection established\r\n\r\n", answer
    return plain


def request(target, name, host, check=True):
    """The response to a request to `host` with the server name `name`; or why there is none."""
    context = ssl.create_default_context()
    # The default from Python 3.13 on.
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    if not check:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with context.wrap_socket(connected(target), server_hostname=name) as tls:
            tls.sendall(HEAD.format(host).encode())
            answer = b""
            while chunk := tls.recv(10_000):
                answer += chunk
            return answer.decode()
    except (ssl.SSLError, ConnectionError) as error:
        return f"{type(error).__name__}: {error}"


def expect(part, *how, **more):
    got = request(*how, **more)
    assert part in got, (part, how, got)


ESPN, CDN, FOOTBALL = "site.api.espn.com", "cdn.espn.com", "v3.football.api-sports.io"
DOCUMENT = "content-type: application/json\r\n"
# By CONNECT, with and without a server name, and to another host of the same provider.
expect(DOCUMENT, f"{ESPN}:443", ESPN, ESPN)
expect(DOCUMENT, f"{ESPN}:443", None, ESPN, check=False)
expect(DOCUMENT, f"{ESPN}:443", CDN, CDN)
# Without a CONNECT, by the server name, for clients that were led here by their hosts file.
expect(DOCUMENT, None, ESPN, ESPN)
expect(DOCUMENT, None, FOOTBALL, FOOTBALL)
# Another name gets an alert in place of a certificate, with a CONNECT to a provider and without.
expect("SSLError", f"{ESPN}:443", "evil.example", ESPN, check=False)
expect("SSLError", None, "evil.example", "evil.example", check=False)
# No request is answered where the names contradict each other, or there is none.
assert "HTTP/1.1" not in request(f"{ESPN}:443", FOOTBALL, FOOTBALL, check=False)
assert "HTTP/1.1" not in request(None, None, ESPN, check=False)
# A request for another host in a tunnel to a provider is not answered with a document.
expect("HTTP/1.1 403", f"{ESPN}:443", ESPN, "evil.example")
# Nothing else of the server is behind the port.
for path in ["/api/replays", "/healthz", "/metrics", "/ws", "/events", "/r/main/state"]:
    HEAD = HEAD.replace("/x", path, 1)
    got = request(f"{ESPN}:443", ESPN, ESPN)
    HEAD = HEAD.replace(path, "/x", 1)
    assert got.startswith("HTTP/1.1 404"), (path, got)
print("all handshakes ok")

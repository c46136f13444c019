"""Clients with the default addresses of data providers, for tests/it/as_provider.rs: provider_clients.py CLIENT...

Each client requests documents as its users do, without a proxy or a certificate being named here. What it gets must be what the
server itself has below TOUCHLINE_URL. Prints a line for each client.
"""

import os
import re
import stat
import subprocess
import sys
import urllib.error
import urllib.request

DOCUMENTS = [
    ("espn", "https://site.api.espn.com", "/apis/site/v2/sports/soccer/ita.1/scoreboard?limit=5"),
    ("espn", "http://site.api.espn.com", "/apis/site/v2/sports/soccer/ita.1/scoreboard"),
    ("espn", "https://cdn.espn.com", "/core/soccer/scoreboard?xhr=1"),
    ("api-football", "https://v3.football.api-sports.io", "/fixtures?live=all"),
]
OTHER = "https://other.example/"


def by_urllib(url):
    request = urllib.request.Request(url, headers={"x-apisports-key": "any"})
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def by_httpx(url):
    import httpx

    response = httpx.get(url, headers={"x-apisports-key": "any"}, timeout=30)
    return response.status_code, response.content


def by_requests(url):
    import requests

    response = requests.get(url, headers={"x-apisports-key": "any"}, timeout=30)
    return response.status_code, response.content


def by_curl(url):
    command = ["curl", "-sS", "--max-time", "30", "-H", "x-apisports-key: any", "-w", "\n%{http_code}", url]
    done = subprocess.run(command, capture_output=True)
    if done.returncode:
        raise OSError(done.stderr.decode())
    body, _, status = done.stdout.rpartition(b"\n")
    return int(status), body


def by_undici(url):
    script = """
const { EnvHttpProxyAgent, fetch, setGlobalDispatcher } = require('undici')
setGlobalDispatcher(new EnvHttpProxyAgent())
fetch(process.argv[1], { headers: { 'x-apisports-key': 'any' } })
  .then(async response => console.log(await response.text() + '\\n' + response.status))
  .catch(error => { console.error(error.cause ?? error); process.exitCode = 1 })
"""
    done = subprocess.run(["node", "-e", script, url], capture_output=True, timeout=60)
    if done.returncode:
        raise OSError(done.stderr.decode())
    body, _, status = done.stdout.rstrip().rpartition(b"\n")
    return int(status), body


def request(client, url):
    return globals()[f"by_{client}"](url)


def without_times(body):
    """Leaves out what says when the document was made, how much of the limits is used, and addresses: they are below that of the
    request."""
    return re.sub(rb'"(requests|timestamp|logo|href)":\{?[^,}]*', b"", body)


bundle = os.environ["SSL_CERT_FILE"]
assert stat.S_IMODE(os.stat(bundle).st_mode) == 0o600, oct(os.stat(bundle).st_mode)
for client in sys.argv[1:]:
    for name, host, path in DOCUMENTS:
        got = request(client, host + path)
        expected = by_urllib(f"{os.environ['TOUCHLINE_URL']}/r/main/dialect/{name}{path}")
        assert got[0] == expected[0], f"{client} {host}{path}: {got}, not {expected}"
        assert without_times(got[1]) == without_times(expected[1]), f"{client} {host}{path}: {got}, not {expected}"
        assert got[1][:1] == b"{", got
    try:
        answer = request(client, OTHER)
    except OSError as error:
        assert "403" in str(error), error
    except Exception as error:
        assert "403" in str(error), error
    else:
        raise AssertionError(f"{client} {OTHER}: {answer}")
    print(f"{client} ok", flush=True)
print(f"certificates in {bundle}", flush=True)

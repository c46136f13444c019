"""Addresses and their parameters. Errors show them without a query, as it may hold a token."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias
from urllib.parse import parse_qs, parse_qsl, quote, urlencode, urlsplit, urlunsplit

from ._errors import TouchlineError

#: The value of a parameter: `True` is `1`; `None` and `False` leave it out; of several each may be one.
Parameter: TypeAlias = "str | int | float | bool | Iterable[str] | None"


def without_query(url: str) -> str:
    """The address as errors show it: without the query and a name before `@`, as these may be secret."""
    address = url.partition("#")[0].partition("?")[0]
    scheme, slashes, rest = address.rpartition("://")
    authority, slash, path = rest.partition("/")
    return scheme + slashes + authority.rpartition("@")[2] + slash + path


def token_of(url: str) -> str | None:
    """The token of a link, such as the server shows for control."""
    try:
        given = parse_qs(urlsplit(url).query).get("token")
    except ValueError:
        return None
    return given[-1] if given else None


def checked(url: str, what: str, example: str) -> str:
    """The address, if it has the scheme of the example or that with TLS."""
    scheme = example.partition(":")[0]
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in (scheme, f"{scheme}s") and parts.hostname and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address:
        raise TouchlineError(f"{without_query(url)!r} is no address of a {what}: {example} is one")
    return url


def checked_stream(url: str) -> str:
    return checked(url, "stream", "ws://127.0.0.1:8089/ws")


def given_parameters(parameters: dict[str, Parameter]) -> dict[str, str]:
    return {name: _text(value) for name, value in parameters.items() if value is not None and value is not False}


def _text(value: Parameter) -> str:
    if value is True:
        return "1"
    return ",".join(value) if isinstance(value, Iterable) and not isinstance(value, str) else str(value)


def with_parameters(url: str, given: dict[str, str]) -> str:
    """The address with these parameters, in place of those of the same names."""
    if not given:
        return url
    parts = urlsplit(url)
    kept = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name not in given]
    return urlunsplit(parts._replace(query=urlencode([*kept, *given.items()], quote_via=quote)))

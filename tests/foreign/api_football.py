"""The library `apisports-football` 1.0.4.1 reads a match; only its address is changed. The arguments are the root of the dialect and
the number of the fixture.

For each line on standard input it prints a line of JSON with what it has read of the match. Its types are strict: a field of another
type than the provider's is an error.
"""

import asyncio
import json
import sys

from apisports_football.apiclient import ApiClient
from apisports_football.Endpoints.fixtures import _Fixtures
from apisports_football.exceptions import ApiError
from pydantic import ValidationError

root, fixture = sys.argv[1], int(sys.argv[2])
ApiClient.BASE_URL = root


async def read() -> dict:
    api = _Fixtures(api_key="any")
    of = (await api.get(id=fixture)).response[0]
    events = (await api.events(fixture=fixture)).response
    statistics = (await api.statistics(fixture=fixture)).response
    try:
        await api.get(season=2017)
        error = None
    except (ApiError, ValidationError) as refused:
        error = type(refused).__name__
    return {
        "status": of.fixture.status.short,
        "minute": [of.fixture.status.elapsed, of.fixture.status.extra],
        "score": [of.goals.home, of.goals.away],
        "goals": [event.detail for event in events if event.type == "Goal" and event.comments is None],
        "statistics": len(statistics),
        "error": error,
    }


for _ in sys.stdin:
    print(json.dumps(asyncio.run(read())), flush=True)

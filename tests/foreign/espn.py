"""The library `espn-sports-api` 0.4.3 reads a match; only its addresses are changed. The argument is the root of the dialect, then
the league.

Prints a line of JSON with the teams; for each line on standard input a line for each match; at the end the league tables.
"""

import json
import sys

from espn_sports_api.client import ESPNClient
from espn_sports_api.models import parse_teams
from espn_sports_api.sports.soccer import Soccer

root, league = sys.argv[1:]


class Client(ESPNClient):
    BASE_URL = root + "/apis/site/v2/sports/"
    CDN_URL = root + "/core/"
    STANDINGS_URL = root + "/apis/v2/sports/"


def show(document: object) -> None:
    print(json.dumps(document, ensure_ascii=False), flush=True)


soccer = Soccer(league, client=Client(retries=0))
show([str(team) for team in parse_teams(soccer.teams())])
for _ in sys.stdin:
    for event in soccer.scoreboard()["events"]:
        competition = event["competitions"][0]
        sides = competition["competitors"]
        summary = soccer.event(event["id"])
        show(
            {
                "match": event["shortName"],
                "clock": event["status"]["displayClock"],
                "status": event["status"]["type"]["name"],
                "score": [side["score"] for side in sides],
                "shootout": [side.get("shootoutScore") for side in sides],
                "plays": [
                    [play["type"]["id"], play["clock"]["displayValue"], [who["displayName"] for who in play["athletesInvolved"]]]
                    for play in competition["details"]
                ],
                "summary": [side["score"] for side in summary["header"]["competitions"][0]["competitors"]],
            }
        )
for table in soccer.table()["children"]:
    show([entry["team"]["displayName"] for entry in table["standings"]["entries"]])

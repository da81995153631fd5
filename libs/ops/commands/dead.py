"""`sunlit dead`: dead letters of all services, through each service's own calls."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import httpx
import typer

from libs.common.runtime.auth import Principal, mint, token_key
from libs.ops.commands.terminal import DEFAULT_HOME, HomeOption, JsonOption, say, show_json, show_table
from libs.ops.errors import CommandError, ExitCode
from libs.ops.home import Home
from libs.ops.ports import LOOPBACK
from libs.ops.roster import SERVICES

app = typer.Typer(no_args_is_help=True, help="Dead letters: what could not be understood or done, kept whole.")

LetterArgument = Annotated[str, typer.Argument(help="As the list shows it: <service>/<number>.")]
PAGE = 500
TOKEN_TTL = timedelta(minutes=5)


@app.command("list")
def list_(
    service: Annotated[list[str] | None, typer.Option(help="Only this service; may be repeated.")] = None,
    state: Annotated[
        list[str] | None, typer.Option(help="parked, behind, replayed, discarded. [default: parked and behind]")
    ] = None,
    key: Annotated[str | None, typer.Option(help="Only letters of this case or subject.")] = None,
    home: HomeOption = DEFAULT_HOME,
    is_json: JsonOption = False,
) -> None:
    """List open letters, oldest first."""
    found: list[dict[str, Any]] = []
    with calls(Home(home)) as client:
        for name in chosen(service):
            found += letters(client, name, state, key)
    if is_json:
        show_json(found)
        return
    rows = [(i["letter"], i["state"], i["key"], i["code"], i["attempts"], place(i), i["parked_at"]) for i in found]
    if rows:
        show_table(("letter", "state", "key", "code", "tries", "from", "parked at"), rows)
    else:
        say("no dead letters")


@app.command()
def show(letter: LetterArgument, home: HomeOption = DEFAULT_HOME, is_json: JsonOption = False) -> None:
    """Show one letter: what speaks against it and the shape of its content (no personal data)."""
    service, number = parse(letter)
    with calls(Home(home)) as client:
        found = answer(client.get(f"/ops/{service}/api/dead/{number}"), letter)
    if is_json:
        show_json(found)
        return
    typer.echo(f"{letter}  {found['state']}  {found['key'] or '(no key)'}  from {place(found)}")
    for problem in found["problems"]:
        typer.echo(f"  {problem['code']} {problem['pointer']}  {problem['message']}\n    {problem['message_en']}")
    show_json(found["shape"])


@app.command()
def replay(letter: LetterArgument, home: HomeOption = DEFAULT_HOME) -> None:
    """Give a letter its effect after a mend, and release what waits behind it."""
    service, number = parse(letter)
    with calls(Home(home)) as client:
        answer(client.post(f"/ops/{service}/api/dead/{number}:replay"), letter)
    say(f"{letter} has had its effect")


@app.command()
def discard(
    letter: LetterArgument,
    reason: Annotated[str, typer.Option(help="Why; it is kept with the letter.")],
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Give a letter up, with the reason; its case is judged again without it."""
    service, number = parse(letter)
    with calls(Home(home)) as client:
        answer(client.post(f"/ops/{service}/api/dead/{number}:discard", json={"reason": reason}), letter)
    say(f"{letter} is discarded")


@contextmanager
def calls(home: Home) -> Iterator[httpx.Client]:
    """A client of the running platform's APIs, as an operator.

    Raises:
        CommandError: it does not run, or does not answer.
    """
    state = home.running()
    who = Principal("cli:operator", "operator", "operator")
    bearer = mint(token_key(home.secrets), who, now=datetime.now(UTC), ttl=TOKEN_TTL)
    base = f"http://{LOOPBACK}:{state.ports['gateway']}"
    with httpx.Client(base_url=base, headers={"authorization": f"Bearer {bearer}"}, timeout=30, trust_env=False) as it:
        try:
            yield it
        except httpx.TransportError as error:
            raise CommandError(f"{base} does not answer ({error}); see `sunlit status`.") from error


def letters(client: httpx.Client, service: str, states: list[str] | None, key: str | None) -> Iterator[dict[str, Any]]:
    """Every letter of a service, page by page."""
    after = 0
    while True:
        query: dict[str, Any] = {"after": after, "limit": PAGE, "state": states or [], **({"key": key} if key else {})}
        page = answer(client.get(f"/ops/{service}/api/dead", params=query), service)
        for item in page["items"]:
            yield {"letter": f"{service}/{item['id']}", "service": service, **item}
        if page["next_after"] is None:
            return
        after = page["next_after"]


def answer(response: httpx.Response, subject: str) -> dict[str, Any]:
    """The body of an answer.

    Raises:
        CommandError: a refusal (exit code 4), with its reasons.
    """
    if response.is_success:
        body: dict[str, Any] = response.json()
        return body
    try:
        told = response.json()
        reasons = "; ".join(f"{e['code']} {e.get('message', '')}" for e in told.get("errors", [])) or told["title"]
    except (ValueError, KeyError, TypeError):
        reasons = response.text[:300]
    code = ExitCode.REFUSED if response.status_code in (404, 409, 422) else ExitCode.FAILED
    raise CommandError(f"{subject}: {reasons}", code)


def parse(letter: str) -> tuple[str, int]:
    """`<service>/<number>` apart.

    Raises:
        CommandError: it is something else (exit code 2).
    """
    service, _, number = letter.partition("/")
    if service not in SERVICES or not number.isdigit():
        raise CommandError(f"{letter}: name a letter as `sunlit dead list` does, like monitoring/17.", ExitCode.USAGE)
    return service, int(number)


def chosen(services: list[str] | None) -> tuple[str, ...]:
    """The services to ask.

    Raises:
        CommandError: one is unknown (exit code 2).
    """
    unknown = set(services or ()) - set(SERVICES)
    if unknown:
        raise CommandError(f"--service {', '.join(sorted(unknown))}: there are {', '.join(SERVICES)}.", ExitCode.USAGE)
    return tuple(services or SERVICES)


def place(item: dict[str, Any]) -> str:
    """Topic, partition and offset in one word."""
    return f"{item['topic']}/{item['partition']}@{item['offset']}"

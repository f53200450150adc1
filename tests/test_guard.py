"""The guard before Dagster's page, against Dagster's own server application."""

import asyncio
import base64
import itertools
import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster_webserver.webserver import DagsterWebserver

from pipelines.errors import UsageError
from pipelines.guard import LONGEST_BODY_BYTES, Guard
from pipelines.page import PageOptions
from tests.asking import Answer, App, Pairs, ask, exchange, request, talk

HOST = "127.0.0.1:3000"
HOSTS = PageOptions(port=3000).hosts()
JSON = [("content-type", "application/json")]
OWN: Pairs = [("host", HOST), ("origin", f"http://{HOST}"), ("sec-fetch-site", "same-origin")]
EVIL: Pairs = [("host", "evil.example"), ("origin", "http://evil.example"), ("sec-fetch-site", "cross-site")]
VERSION = "{ version }"
SEEN = "mutation { setNuxSeen }"
PASSWORD = "a long password of the managers"


class Page:
    """Dagster's own application without the guard, and the runs of its instance."""

    def __init__(self, instance: dg.DagsterInstance, *, is_read_only: bool = False) -> None:
        self.instance = instance
        self.context = WorkspaceProcessContext(instance, None, read_only=is_read_only)
        self.app: App = DagsterWebserver(self.context).create_asgi_app()

    def run(self) -> str:
        run_id = str(uuid.uuid4())
        self.instance.add_run(dg.DagsterRun(job_name="nightly", run_id=run_id))
        return run_id

    def has(self, run_id: str) -> bool:
        return self.instance.get_run_by_id(run_id) is not None


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with dg.DagsterInstance.local_temp(str(tmp_path_factory.mktemp("instance"))) as instance:
        made = Page(instance)
        with made.context:
            yield made


def deletion(run_id: str) -> str:
    return f'mutation {{ deletePipelineRun(runId: "{run_id}") {{ __typename }} }}'


def as_json(document: str) -> bytes:
    return json.dumps({"query": document}).encode()


def delete(app: App, attack: str, run_id: str) -> Answer:
    """One of the ways in which a web page or a program asks for the removal of a run."""
    document = deletion(run_id)
    plain = [("host", HOST)]
    ways = {
        "foreign host": lambda: ask(app, "POST", "/graphql", [EVIL[0], *JSON], as_json(document)),
        "no host": lambda: ask(app, "POST", "/graphql", JSON, as_json(document)),
        "two hosts": lambda: ask(app, "POST", "/graphql", [*plain, EVIL[0], *JSON], as_json(document)),
        "foreign origin": lambda: ask(app, "POST", "/graphql", [*plain, EVIL[1], *JSON], as_json(document)),
        "another port's origin": lambda: ask(
            app, "POST", "/graphql", [*plain, ("origin", "http://127.0.0.1:8888"), *JSON], as_json(document)
        ),
        "no one's origin": lambda: ask(app, "POST", "/graphql", [*plain, ("origin", "null"), *JSON], as_json(document)),
        "foreign site": lambda: ask(app, "POST", "/graphql", [*plain, EVIL[2], *JSON], as_json(document)),
        "address, foreign": lambda: ask(app, "GET", "/graphql", EVIL, query=document),
        "address, an image of a foreign page": lambda: ask(app, "GET", "/graphql", [*plain, EVIL[2]], query=document),
        "address, own": lambda: ask(app, "GET", "/graphql", OWN, query=document),
        "address, a link": lambda: ask(
            app, "GET", "/graphql", [*plain, EVIL[2], ("sec-fetch-mode", "navigate")], query=document
        ),
        "application/graphql": lambda: ask(
            app, "POST", "/graphql", [*OWN, ("content-type", "application/graphql")], document.encode()
        ),
        "a form's address": lambda: ask(
            app, "POST", "/graphql", [*OWN, ("content-type", "application/x-www-form-urlencoded")], query=document
        ),
        "no content type": lambda: ask(app, "POST", "/graphql", OWN, query=document),
        "text that names json": lambda: ask(
            app, "POST", "/graphql", [*OWN, ("content-type", "text/plain; a=application/json")], as_json(document)
        ),
        "two content types": lambda: ask(
            app, "POST", "/graphql", [*OWN, *JSON, ("content-type", "text/plain")], as_json(document)
        ),
    }
    return ways[attack]()


ATTACKS = (
    "foreign host", "no host", "two hosts", "foreign origin", "another port's origin", "no one's origin", "foreign site",
    "address, foreign", "address, an image of a foreign page", "address, own", "address, a link", "application/graphql",
    "a form's address", "no content type", "text that names json", "two content types",
)  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_run_is_not_removed_by_a_request_that_the_page_itself_would_not_send(page: Page, attack: str) -> None:
    """R-S6: each request is refused and the run stays; positive control: without the guard the same request removes it."""
    run_id = page.run()
    assert delete(Guard(page.app, HOSTS), attack, run_id).status in (403, 415)
    assert page.has(run_id)
    assert delete(page.app, attack, run_id).status == 200
    assert not page.has(run_id)


@pytest.mark.parametrize(
    ("method", "path", "headers", "document"),
    [
        ("POST", "/graphql", [EVIL[0], *JSON], VERSION),
        ("POST", "/graphql", [("host", HOST), EVIL[1], *JSON], VERSION),
        ("GET", "/graphql", OWN, VERSION),
        ("GET", "/graphql", EVIL, SEEN),
        ("GET", "/graphql", OWN, SEEN),
        ("GET", "/runs", EVIL, ""),
        ("POST", "/report_asset_materialization/raw/delivery", OWN, ""),
        ("POST", "/report_asset_check/raw/delivery?passed=true&check_name=a", OWN, ""),
        ("GET", "/notebook", OWN, ""),
    ],
)
def test_what_a_foreign_page_may_read_or_report_without_the_guard_it_may_not_with_it(
    page: Page, method: str, path: str, headers: Pairs, document: str
) -> None:
    """R-S6: the measured requests (foreign Host, foreign Origin, query and setNuxSeen by GET) and the pages beside GraphQL."""
    body = as_json(document) if method == "POST" and document else b""
    query = document if method == "GET" else ""
    address = path.partition("?")[0]
    assert ask(Guard(page.app, HOSTS), method, address, headers, body, query).status == 403
    is_read = ask(page.app, method, address, headers, body, query)
    assert is_read.status != 403
    assert is_read.status == 200 or "/report_asset_check/" in path or path == "/notebook"


def test_a_websocket_of_a_foreign_page_is_closed_before_it_opens(page: Page) -> None:
    """R-S6: cross-site websocket; positive control: without the guard it is accepted and acknowledged."""
    hello = [json.dumps({"type": "connection_init"})]
    for headers in (EVIL, [("host", HOST), EVIL[1]], [EVIL[0]], [("host", HOST), ("sec-fetch-site", "cross-site")]):
        sent = talk(Guard(page.app, HOSTS), "/graphql", headers, hello)
        assert [message["type"] for message in sent] == ["websocket.close"]
        assert [message["type"] for message in talk(page.app, "/graphql", headers, hello)][:2] == [
            "websocket.accept",
            "websocket.send",
        ]
    assert talk(Guard(page.app, HOSTS), "/graphql", OWN, hello)[0]["type"] == "websocket.accept"


def test_no_mutation_runs_over_the_websocket(page: Page) -> None:
    """R-S6: so that the guard of a page for reading needs to look at requests only."""
    run_id = page.run()
    said = [
        json.dumps({"type": "connection_init"}),
        json.dumps({"type": "start", "id": "1", "payload": {"query": deletion(run_id)}}),
    ]
    sent = talk(page.app, "/graphql", OWN, said)
    assert json.loads(sent[-1]["text"])["type"] == "error"
    assert page.has(run_id)


def test_the_page_itself_may_query_and_an_operator_may_remove_a_run(page: Page) -> None:
    app = Guard(page.app, HOSTS)
    run_id = page.run()
    for name in ("127.0.0.1", "localhost", "LocalHost", "[::1]"):
        headers = [("host", f"{name}:3000"), ("origin", f"http://{name}:3000"), *JSON]
        assert ask(app, "POST", "/graphql", headers, as_json(VERSION)).status == 200
    assert ask(app, "GET", "/runs", [("host", HOST), EVIL[2], ("sec-fetch-mode", "navigate")]).status == 200
    assert ask(app, "POST", "/graphql", [*OWN, *JSON], as_json(deletion(run_id))).status == 200
    assert not page.has(run_id)


def test_only_what_is_right_in_every_respect_passes() -> None:
    """R-S6, exhaustively: 4 hosts, 5 origins, 4 sites, 6 methods, 4 paths, 5 content types."""
    passed: set[int] = set()

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        passed.add(scope["number"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    hosts = (HOST, "127.0.0.1:3001", "evil.example", None)
    origins = (f"http://{HOST}", None, "http://evil.example", "null", "http://localhost:3000")
    sites = ("same-origin", None, "same-site", "cross-site")
    methods = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS")
    paths = ("/", "/runs/1", "/graphql", "/report_asset_check/a")
    kinds = ("application/json", "application/json; charset=utf-8", "application/graphql", "text/plain", None)
    asked = list(itertools.product(hosts, origins, sites, methods, paths, kinds))

    async def ask_all() -> None:
        for number, (host, origin, site, method, path, kind) in enumerate(asked):
            named = {"host": host, "origin": origin, "sec-fetch-site": site, "content-type": kind}
            headers = [(name, value) for name, value in named.items() if value is not None]
            scope = request(method, path, headers) | {"number": number}
            await exchange(Guard(inner, HOSTS), scope, [{"type": "http.request", "body": b""}])

    asyncio.run(ask_all())
    right = {
        number
        for number, (host, origin, site, method, path, kind) in enumerate(asked)
        if host == HOST and origin in (f"http://{HOST}", None) and site in ("same-origin", None)
        and ((method in ("GET", "HEAD") and path != "/graphql")
             or (method == "POST" and path == "/graphql" and str(kind).startswith("application/json")))
    }  # fmt: skip
    assert passed == right
    assert 0 < len(right) < len(asked) / 20


def test_a_page_for_reading_refuses_every_mutation_and_answers_queries(page: Page) -> None:
    """R-S6: also those that Dagster itself lets pass when read-only (setNuxSeen), and what hides a mutation."""
    app = Guard(page.app, HOSTS, is_read_only=True)
    run_id = page.run()
    remove = deletion(run_id)
    for body in (
        as_json(SEEN), as_json(remove), as_json(f"query a {{ version }} {remove}"), as_json("subscription { a }"),
        json.dumps([{"query": remove}]).encode(), json.dumps({"query": [remove]}).encode(), b"{", b"", b"\xff",
        ('{"query": "{ version }", "query": ' + json.dumps(remove) + "}").encode(),
        json.dumps({"query": remove}).encode("utf-16"), as_json("{" * 3000),
    ):  # fmt: skip
        assert ask(app, "POST", "/graphql", [*OWN, *JSON], body).status == 403
    assert ask(app, "POST", "/graphql", [*OWN, *JSON], b" " * (LONGEST_BODY_BYTES + 1)).status == 413
    assert page.has(run_id)
    answer = ask(app, "POST", "/graphql", [*OWN, *JSON], as_json(VERSION))
    assert (answer.status, json.loads(answer.body)) == (200, {"data": {"version": ""}})


def test_dagster_itself_is_read_only_behind_a_page_for_reading(page: Page) -> None:
    """R-S6: the second lock. Dagster answers UnauthorizedError even where the guard is not asked."""
    run_id = page.run()
    reading = Page(page.instance, is_read_only=True)
    with reading.context:
        answer = ask(reading.app, "POST", "/graphql", JSON, as_json(deletion(run_id)))
    assert json.loads(answer.body) == {"data": {"deletePipelineRun": {"__typename": "UnauthorizedError"}}}
    assert page.has(run_id)


def basic(text: str) -> tuple[str, str]:
    return "authorization", f"Basic {base64.b64encode(text.encode()).decode()}"


def test_with_a_password_nothing_is_answered_without_it(page: Page) -> None:
    app = Guard(page.app, HOSTS, password=PASSWORD)
    right = basic(f"anyone:{PASSWORD}")
    wrong = [
        [], [basic("anyone:")], [basic(PASSWORD)], [basic(f"anyone:{PASSWORD}!")], [basic(f"anyone:{PASSWORD[:-1]}")],
        [("authorization", f"Bearer {PASSWORD}")], [("authorization", "Basic ?")], [("authorization", "Basic")],
        [right, right], [basic("anyone:pässword of the managers")],
    ]  # fmt: skip
    for given in wrong:
        answer = ask(app, "GET", "/runs", [*OWN, *given])
        assert answer.status == 401
        assert answer.header("www-authenticate") == ['Basic realm="Stepcare", charset="UTF-8"']
        assert [message["type"] for message in talk(app, "/graphql", [*OWN, *given], [])] == ["websocket.close"]
    assert ask(app, "GET", "/runs", [*OWN, right]).status == 200
    assert ask(app, "GET", "/runs", [*EVIL, right]).status == 403, "the password opens nothing to a foreign page"
    assert talk(app, "/graphql", [*OWN, right], [])[0]["type"] == "websocket.accept"


def test_every_answer_says_that_it_is_not_framed_sniffed_referred_or_kept(page: Page) -> None:
    app = Guard(page.app, HOSTS)
    asked = [
        ask(app, "GET", "/", OWN), ask(app, "GET", "/", EVIL), ask(app, "GET", "/server_info", OWN),
        ask(app, "POST", "/graphql", [*OWN, *JSON], as_json(VERSION)),
    ]  # fmt: skip
    assert [answer.status for answer in asked] == [200, 403, 200, 200]
    for answer in asked:
        assert answer.header("x-frame-options") == ["DENY"]
        assert answer.header("x-content-type-options") == ["nosniff"]
        assert answer.header("referrer-policy") == ["no-referrer"]
        assert answer.header("cache-control") == ["no-store"]
        assert "default-src 'self'" in answer.header("content-security-policy")[-1]
        assert answer.header("access-control-allow-origin") == []


@pytest.mark.parametrize(
    ("host", "names"),
    [("0.0.0.0", ()), ("192.0.2.7", ()), ("::", ()), ("stepcare.example", ()), ("127.0.0.1", ("stepcare.example",))],
)
def test_a_page_for_others_than_this_machine_is_refused_without_a_password(
    host: str, names: tuple[str, ...], tmp_path: Path
) -> None:
    """R-S6: refuses a non-loopback bind without a password, and a name that a proxy would serve."""
    with pytest.raises(UsageError, match="opens the page to others"):
        PageOptions(3000, host, names).checked()
    file = tmp_path / "password"
    file.write_text(PASSWORD)
    file.chmod(0o600)
    assert PageOptions(3000, host, names, str(file)).checked().password() == PASSWORD


def test_a_password_that_others_can_read_or_guess_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "password"
    options = PageOptions(3000, password_file=str(file))
    with pytest.raises(UsageError, match="is no file"):
        options.checked()
    file.write_text(PASSWORD)
    file.chmod(0o640)
    with pytest.raises(UsageError, match="chmod 600"):
        options.checked()
    file.write_text("short")
    file.chmod(0o600)
    with pytest.raises(UsageError, match="shorter than 16"):
        options.checked()


def test_this_machine_alone_is_served_under_its_own_names_and_those_that_are_added() -> None:
    for host in ("127.0.0.1", "127.0.0.2", "::1", "localhost"):
        PageOptions(3000, host).checked()
    assert PageOptions(3000, host_names=("Stepcare.example",)).hosts() == {
        "127.0.0.1:3000", "localhost:3000", "[::1]:3000", "stepcare.example",
    }  # fmt: skip

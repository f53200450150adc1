"""A hostile web page, open in the browser of an operator's machine, against Dagster's page with and without the guard."""

import http.server
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg
import pytest
import uvicorn
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster_webserver.webserver import DagsterWebserver
from playwright.sync_api import Browser

from pipelines.guard import Guard
from pipelines.page import PageOptions
from tests.asking import App
from tests.browsing import chromium

pytestmark = pytest.mark.ci
ATTACKS = ("image", "form", "text that names json", "rebound name")
HOSTILE = """<!doctype html><title>prizes</title><body><script>
const at = path => `http://127.0.0.1:PORT${path}`;
const remove = id => `mutation { deletePipelineRun(runId: "${id}") { __typename } }`;
const address = id => at('/graphql?query=' + encodeURIComponent(remove(id)));
const [image, form, text] = RUNS;
document.body.append(Object.assign(new Image(), {src: address(image)}));
document.body.insertAdjacentHTML('beforeend', '<iframe name=hidden></iframe><form method=post target=hidden></form>');
Object.assign(document.forms[0], {action: address(form)}).submit();
fetch(at('/graphql'), {method: 'POST', mode: 'no-cors', headers: {'content-type': 'text/plain; a=application/json'},
                       body: JSON.stringify({query: remove(text)})});
const socket = new WebSocket('ws://127.0.0.1:PORT/graphql', 'graphql-ws');
socket.onopen = () => window.socket = 'open';
socket.onerror = () => window.socket = 'refused';
</script>"""
REBOUND = """async id => (await fetch('/graphql', {method: 'POST', headers: {'content-type': 'application/json'},
  body: JSON.stringify({query: `mutation { deletePipelineRun(runId: "${id}") { __typename } }`})})).status"""


@contextmanager
def served(app: App, bound: socket.socket) -> Iterator[int]:
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield bound.getsockname()[1]
    server.should_exit = True
    thread.join()


@contextmanager
def hostile_site(content: str) -> Iterator[str]:
    class Hostile(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(content.encode())

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hostile) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://prizes.localhost:{server.server_address[1]}/"
        server.shutdown()
        thread.join()


def attacked(browser: Browser, instance: dg.DagsterInstance, port: int) -> tuple[set[str], str]:
    """Which attacks removed their run, and what became of the websocket."""
    runs = {attack: str(uuid.uuid4()) for attack in ATTACKS}
    for run_id in runs.values():
        instance.add_run(dg.DagsterRun(job_name="nightly", run_id=run_id))
    content = HOSTILE.replace("PORT", str(port)).replace("RUNS", str(list(runs.values())[:3]))
    page = browser.new_page()
    with hostile_site(content) as site:
        page.goto(site, wait_until="networkidle")
        page.wait_for_function("window.socket")
        opened = page.evaluate("window.socket")
    page.goto(f"http://rebound.localhost:{port}/server_info")
    page.evaluate(REBOUND, runs["rebound name"])
    page.close()
    return {attack for attack, run_id in runs.items() if instance.get_run_by_id(run_id) is None}, opened


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.mark.parametrize("is_guarded", [True, False], ids=["with the guard", "without it"])
def test_a_hostile_page_in_the_same_browser_removes_nothing(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory, is_guarded: bool
) -> None:
    """R-S6: in a real browser, from another site and by a rebound name; positive control: without the guard all four succeed."""
    with (
        dg.DagsterInstance.local_temp(str(tmp_path_factory.mktemp("instance"))) as instance,
        WorkspaceProcessContext(instance, None) as context,
        socket.create_server(("127.0.0.1", 0)) as bound,
    ):
        app: App = DagsterWebserver(context).create_asgi_app()
        if is_guarded:
            app = Guard(app, PageOptions(port=bound.getsockname()[1]).hosts())
        with served(app, bound) as port:
            removed, opened = attacked(browser, instance, port)
    assert removed == (set() if is_guarded else set(ATTACKS))
    assert opened == ("refused" if is_guarded else "open")

"""The portal, asked as any program could: own clinic only, one answer for all that is not to be read, and a log that tells."""

import base64
import json
import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipelines.cli import main
from pipelines.errors import InstallationError, UsageError
from pipelines.page import PageOptions
from pipelines.portal.application import PROXY_SECRET, Portal
from pipelines.portal.links import make_token, read_key, shelf_of_token
from pipelines.portal.reading_log import LOG, Verified, has_line, note_reading, reading_now, verify
from pipelines.portal.settings import SignOn, read_sign_on
from pipelines.reporting.shelf_names import practitioner_shelf
from pipelines.settings import Settings
from tests.asking import Answer, Pairs, ask, talk
from tests.delivering.conftest import CLINICAL_LEAD, KEY, LEAD, MANAGER, SELF, configure, filed_home, settings

__all__ = ["filed_home", "settings"]

HOST = "127.0.0.1:3100"
SECRET = "a long secret of the proxy"
HEADER = "X-Forwarded-Email"
PAGE = "/C001/2026-W47/v1/report.html"
NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)


@pytest.fixture
def portal(settings: Settings) -> Portal:
    configure(settings, "")
    key = read_key(settings.home, makes=True)
    return Portal(settings, PageOptions(port=3100).hosts(), SignOn(HEADER, SECRET), key)


def named(email: str, *more: tuple[str, str]) -> Pairs:
    return [("host", HOST), (PROXY_SECRET, SECRET), (HEADER, email), *more]


def get(portal: Portal, path: str, headers: Pairs, method: str = "GET") -> Answer:
    return ask(portal, method, path, headers)


def link_to(portal: Portal, shelf: str, days: float = 1) -> str:
    assert portal.key is not None
    return f"/link/{make_token(portal.key, shelf, datetime.now(UTC) + timedelta(days=days))}"


@pytest.mark.parametrize(
    "file", ["report.html", "numbers.html", "report.pdf", "report.csv", "report.json", "e-mail.txt", "manifest.json"]
)
def test_a_reader_gets_the_files_of_the_own_clinic_to_the_byte(portal: Portal, file: str) -> None:
    answer = get(portal, f"/C001/2026-W47/v1/{file}", named(MANAGER))
    assert answer.status == 200
    assert answer.body == (portal.settings.reports / "C001" / "2026-W47" / "v1" / file).read_bytes()


def test_what_is_not_yours_and_what_is_not_there_are_answered_alike(portal: Portal) -> None:
    (portal.settings.reports / "C001" / "secret.html").write_text("not filed")
    (portal.settings.reports / "C001" / "2026-W47" / "v1" / "added.txt").write_text("not filed")
    (portal.settings.reports / "C001" / "linked").symlink_to(portal.settings.reports / "C002")
    (portal.settings.reports / "C009").symlink_to(portal.settings.reports / "C002")
    paths = [
        "/C002/2026-W47/v1/report.html",
        "/network/index.html",
        "/C404/index.html",
        "/C001/2026-W46/v1/report.html",
        "/C001/2026-W47/v2/report.html",
        "/C001/../C002/index.html",
        "/C001/2026-W47/v1/../../../C002/2026-W47/v1/report.html",
        "//etc/passwd",
        "/C001/secret.html",
        "/C001/2026-W47/v1/added.txt",
        "/C001/linked/2026-W47/v1/report.html",
        "/C001/2026-W47/v1/report.html/",
        "/C001/2026-W47/v1/REPORT.html",
        "/c001/index.html",
        "/C001/%2e%2e/stepcare.toml",
        "/stepcare.toml",
        "/C001/2026-W47/v1/\x00",
    ]
    refusals = {
        (one.status, tuple(one.headers), one.body) for path in paths if (one := get(portal, path, named(MANAGER)))
    }
    refusals |= {
        (one.status, tuple(one.headers), one.body)
        for headers in (
            [("host", HOST)],
            [("host", HOST), (HEADER, MANAGER)],
            [("host", HOST), (HEADER, MANAGER), (PROXY_SECRET, "a guess")],
            named(MANAGER, (HEADER, LEAD)),
            named(MANAGER, (PROXY_SECRET, SECRET)),
            named("stranger@clinic.example"),
            [("host", "evil.example"), *named(MANAGER)[1:]],
            named(MANAGER, ("host", HOST)),
        )
        if (one := get(portal, PAGE, headers))
    }
    refusals |= {
        (one.status, tuple(one.headers), one.body)
        for method in ("POST", "PUT", "DELETE", "OPTIONS")
        if (one := get(portal, PAGE, named(MANAGER), method))
    }
    assert len(refusals) == 1
    assert next(iter(refusals))[0] == 404
    assert not (portal.settings.home / LOG).exists()
    wide = get(portal, "/C009/index.html", named(LEAD))
    assert wide.status == 404, "a link in the folder of shelves is no shelf"


def test_rights_are_read_at_every_request(portal: Portal) -> None:
    assert get(portal, PAGE, named(MANAGER)).status == 200
    path = portal.settings.home / "stepcare.toml"
    text = path.read_text()
    path.write_text(text.replace("['C001']", "['C002']"))
    assert get(portal, PAGE, named(MANAGER)).status == 404
    path.write_text("not toml")
    assert get(portal, PAGE, named(MANAGER)).status == 404
    path.write_text(text)
    assert get(portal, PAGE, named(MANAGER.upper())).status == 200


def test_a_reader_of_all_sees_all_and_the_start_lists_what_is_one_s_own(portal: Portal) -> None:
    for shelf in ("C001", "C002", "network"):
        assert get(portal, f"/{shelf}/", named(LEAD)).status == 200
    own = get(portal, "/", named(MANAGER)).body.decode()
    assert re.findall(r'<li><a href="([^"]+)"', own) == ["C001/index.html"]
    every = get(portal, "/", named(LEAD)).body.decode()
    assert re.findall(r'<li><a href="([^"]+)"', every) == ["C001/index.html", "C002/index.html", "network/index.html"]


def test_a_practitioner_s_own_reports_open_to_her_and_the_clinical_lead_alone(portal: Portal) -> None:
    """Not even to a reader of all clinics: figures of staff are personal data."""
    shelf = practitioner_shelf("C001", KEY)
    opened = {
        email: get(portal, f"/{shelf}/2026-W47/v1/report.html", named(email)).status
        for email in (SELF, CLINICAL_LEAD, MANAGER, LEAD)
    }
    assert opened == {SELF: 200, CLINICAL_LEAD: 200, MANAGER: 404, LEAD: 404}
    assert get(portal, PAGE, named(SELF)).status == 404
    assert get(portal, f"/{practitioner_shelf('C001', 'another')}/index.html", named(SELF)).status == 404
    assert f'href="{shelf}/index.html"' in get(portal, "/", named(CLINICAL_LEAD)).body.decode()


def test_a_link_opens_one_clinic_until_it_expires(portal: Portal) -> None:
    link = link_to(portal, "C001")
    alone: Pairs = [("host", HOST)]
    assert get(portal, f"{link}{PAGE}", alone).status == 200
    assert get(portal, f"{link}/C001/index.html", alone).status == 200
    assert get(portal, f"{link}/C002/index.html", alone).status == 404
    assert get(portal, f"{link}/network/index.html", alone).status == 404
    assert get(portal, f"{link_to(portal, 'C001', days=-0.01)}{PAGE}", alone).status == 404
    assert get(portal, f"{link}/", alone).status == 404


def test_no_changed_or_foreign_token_opens_anything(portal: Portal) -> None:
    assert portal.key is not None
    token = make_token(portal.key, "C001", NOW + timedelta(days=1))
    assert shelf_of_token(portal.key, token, NOW) == "C001"
    assert shelf_of_token(portal.key, token, NOW + timedelta(days=1)) is None
    for place in range(len(token)):
        for letter in ("A", "x"):
            changed = token[:place] + letter + token[place + 1 :]
            same = base64.urlsafe_b64decode(changed.partition(".")[0] + "==") if "." in changed else b""
            if changed != token and same != base64.urlsafe_b64decode(token.partition(".")[0] + "=="):
                assert shelf_of_token(portal.key, changed, NOW) is None
    foreign = make_token(b"0" * 32, "C001", NOW + timedelta(days=1))
    for wrong in (foreign, "", ".", "a.b", "ü.ü", token.partition(".")[0], f"{token}.x", token + "A"):
        assert shelf_of_token(portal.key, wrong, NOW) is None


def test_every_answer_carries_strict_headers(portal: Portal) -> None:
    answers = [
        get(portal, path, named(MANAGER))
        for path in (PAGE, "/", "/C404/", "/C001/latest/index.html", "/C001/2026-W47/v1/report.csv")
    ]
    for answer in answers:
        assert answer.header("x-content-type-options") == ["nosniff"]
        assert answer.header("referrer-policy") == ["no-referrer"]
        assert answer.header("cache-control") == ["no-store"]
        assert answer.header("x-frame-options") == ["DENY"]
        (policy,) = answer.header("content-security-policy")
        assert policy.startswith("default-src 'none'")
        assert policy.endswith("frame-ancestors 'none'")
        assert answer.header("set-cookie") == []
    page = answers[0]
    assert re.findall(rb'Policy" content="([^"]+)', page.body)[0].decode() in page.header("content-security-policy")[0]
    assert answers[4].header("content-disposition") == ['attachment; filename="report.csv"']


def test_a_file_that_is_not_what_was_filed_is_not_shown(portal: Portal) -> None:
    file = portal.settings.reports / "C001" / "2026-W47" / "v1" / "report.html"
    file.write_bytes(file.read_bytes() + b" ")
    assert get(portal, PAGE, named(MANAGER)).status == 404


def test_a_websocket_is_closed_and_head_is_answered(portal: Portal) -> None:
    assert talk(portal, PAGE, named(MANAGER), [])[0]["type"] == "websocket.close"
    assert get(portal, PAGE, named(MANAGER), "HEAD").status == 200


def test_every_reading_stands_in_the_log_before_it_is_shown(portal: Portal) -> None:
    get(portal, PAGE, named(MANAGER))
    get(portal, f"{link_to(portal, 'C002')}/C002/index.html", [("host", HOST)])
    get(portal, "/C002/index.html", named(MANAGER))
    lines = [json.loads(line) for line in (portal.settings.home / LOG).read_text().splitlines()]
    assert [(line["whose"], line["file"]) for line in lines] == [("C001", PAGE[6:]), ("C002", "index.html")]
    assert lines[0]["who"] == MANAGER
    assert re.fullmatch(r"link [0-9a-f]{12}", lines[1]["who"])
    assert verify(portal.settings.home).first_wrong is None


def test_what_cannot_be_logged_is_not_shown(portal: Portal) -> None:
    (portal.settings.home / LOG).mkdir()
    answer = get(portal, PAGE, named(MANAGER))
    assert answer.status == 503
    assert b"nothing is shown" in answer.body


def noted(home: Path, n: int) -> list[str]:
    return [note_reading(home, reading_now("who", "C001", f"{number}", NOW)) for number in range(n)]


def test_a_whole_log_is_verified_and_tells_its_length_and_head(tmp_path: Path) -> None:
    hashes = noted(tmp_path, 5)
    assert verify(tmp_path) == Verified(5, hashes[-1], None)
    assert has_line(tmp_path, 3, hashes[2])
    assert (tmp_path / LOG).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("number", [0, 2, 4])
@pytest.mark.parametrize("how", ["changed", "taken out", "put twice", "no json", "swapped"])
def test_a_log_that_was_changed_is_found_out(how: str, number: int, tmp_path: Path) -> None:
    noted(tmp_path, 6)
    path = tmp_path / LOG
    lines = path.read_text().splitlines(keepends=True)
    if how == "changed":
        lines[number] = lines[number].replace('"who": "who"', '"who": "you"')
    elif how == "taken out":
        del lines[number]
    elif how == "put twice":
        lines.insert(number, lines[number])
    elif how == "no json":
        lines[number] = "x\n"
    else:
        lines[number], lines[number + 1] = lines[number + 1], lines[number]
    path.write_text("".join(lines))
    assert verify(tmp_path).first_wrong is not None


def test_a_log_that_was_cut_or_written_anew_is_found_out_by_what_was_noted(tmp_path: Path) -> None:
    hashes = noted(tmp_path, 6)
    path = tmp_path / LOG
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:4]))
    assert verify(tmp_path).first_wrong is None
    assert not has_line(tmp_path, 6, hashes[5])
    path.unlink()
    for number in range(6):
        note_reading(tmp_path, reading_now("you", "C001", f"{number}", NOW))
    assert not has_line(tmp_path, 6, hashes[5])


def test_a_line_that_a_kill_cut_short_is_taken_away_by_the_next_reading(tmp_path: Path) -> None:
    noted(tmp_path, 2)
    path = tmp_path / LOG
    path.write_bytes(path.read_bytes() + b'{"at": "2026')
    assert verify(tmp_path).first_wrong == 3
    noted(tmp_path, 1)
    assert verify(tmp_path).n_lines == 3
    assert verify(tmp_path).first_wrong is None


def test_a_log_that_is_not_there_is_said_to_be_absent(tmp_path: Path) -> None:
    with pytest.raises(InstallationError, match="cannot be read"):
        verify(tmp_path)


def write_portal(home: Path, text: str) -> None:
    (home / "stepcare.toml").write_text(f"[portal]\n{text}\n")


def test_a_sign_on_without_a_secret_or_with_one_that_others_know_is_refused(tmp_path: Path) -> None:
    assert read_sign_on(tmp_path) is None
    write_portal(tmp_path, "sign_on_header = 'X-Email'")
    with pytest.raises(UsageError, match="anybody could say who they are"):
        read_sign_on(tmp_path)
    write_portal(tmp_path, "sign_on_header = 'X Email'\nproxy_secret_file = 'proxy.secret'")
    with pytest.raises(UsageError, match="name of a header"):
        read_sign_on(tmp_path)
    write_portal(tmp_path, "sign_on_header = 'X-Email'\nproxy_secret_file = 'proxy.secret'")
    with pytest.raises(UsageError, match=r"proxy_secret_file .*/proxy\.secret is no file\. Write a secret"):
        read_sign_on(tmp_path)
    (tmp_path / "proxy.secret").write_text(SECRET)
    (tmp_path / "proxy.secret").chmod(0o644)
    with pytest.raises(UsageError, match="read by others"):
        read_sign_on(tmp_path)
    (tmp_path / "proxy.secret").chmod(0o600)
    assert read_sign_on(tmp_path) == SignOn("X-Email", SECRET)


def test_a_key_that_another_account_made_is_told_with_what_to_do(tmp_path: Path) -> None:
    """As root does, when a link is made without the account that serves the portal."""
    read_key(tmp_path, makes=True)
    if os.geteuid() != 0:
        (tmp_path / "portal.key").chmod(0)
        with pytest.raises(UsageError, match="belongs to another account"):
            read_key(tmp_path)
        return
    for path in (tmp_path, *tmp_path.parents[:3]):
        path.chmod(0o711)
    os.chown(tmp_path / "portal.key", 12345, 12345)
    os.seteuid(54321)
    try:
        with pytest.raises(UsageError, match="belongs to another account"):
            read_key(tmp_path)
    finally:
        os.seteuid(0)


def test_a_key_that_others_may_read_is_refused_and_a_new_key_ends_every_link(tmp_path: Path) -> None:
    assert read_key(tmp_path) is None
    key = read_key(tmp_path, makes=True)
    assert key is not None
    assert read_key(tmp_path) == key
    token = make_token(key, "C001", NOW + timedelta(days=1))
    (tmp_path / "portal.key").chmod(0o640)
    with pytest.raises(UsageError, match="read by others"):
        read_key(tmp_path)
    (tmp_path / "portal.key").unlink()
    other = read_key(tmp_path, makes=True)
    assert other is not None
    assert shelf_of_token(other, token, NOW) is None
    (tmp_path / "portal.key").write_bytes(b"short")
    with pytest.raises(UsageError, match="not a key"):
        read_key(tmp_path)


def test_the_commands_make_a_link_and_verify_the_log(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEPCARE_HOME", str(settings.home))
    run = CliRunner()
    refused = run.invoke(main, ["portal", "serve"])
    assert refused.exit_code == 2
    assert "nobody could read anything" in refused.output
    made = run.invoke(main, ["portal", "link", "C001", "--address", "https://reports.example/"])
    assert re.search(r"https://reports\.example/link/[\w-]+\.[\w-]+/C001/index\.html", made.output)
    assert run.invoke(main, ["portal", "link", "C404"]).exit_code == 2
    head = noted(settings.home, 3)[-1]
    assert run.invoke(main, ["portal", "verify"]).output == f"3 {head}\n"
    assert run.invoke(main, ["portal", "verify", "--noted", "3", head]).exit_code == 0
    assert run.invoke(main, ["portal", "verify", "--noted", "2", head]).exit_code == 9
    path = settings.home / LOG
    path.write_text(path.read_text().replace("who", "you"))
    assert run.invoke(main, ["portal", "verify"]).exit_code == 9

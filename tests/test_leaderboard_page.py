"""The leaderboard's page as a reader meets it, in headless Chromium."""

import dataclasses
import json
from pathlib import Path

import pytest
from conftest import find_chromium

from forgegym.benchmarks.leaderboard.entries import SHIPPED, Entry, find_folders, read_entry
from forgegym.benchmarks.leaderboard.page import build

pytestmark = pytest.mark.chromium

HOSTILE = (
    "</script><script>document.title = 'owned'</script><img src=x onerror='document.title = 1'>"
)


@pytest.fixture(scope="module")
def browser():
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as driver:
        # Chromium's own sandbox needs what root in a container has not; the page is ours.
        browser = driver.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def entries() -> list[Entry]:
    return [read_entry(folder) for folder in find_folders([SHIPPED])]


@pytest.fixture(scope="module")
def shipped(entries, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("page") / "leaderboard.html"
    path.write_text(build(entries))
    return path


@pytest.fixture
def opened(browser):
    """Opens a page; whatever it logs, raises or asks for is collected in `said`."""
    contexts = []

    def opened(path: Path, width: int = 1400, scheme: str = "light"):
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: said.append(request.url))
        page.goto(path.as_uri())
        assert said == [path.as_uri()]
        return page, said

    yield opened
    for context in contexts:
        context.close()


def board(page, name: str) -> None:
    page.locator("#boards button", has_text=name).click()


def agents(page) -> list[str]:
    return page.locator("#ranking tbody th button").all_inner_texts()


def by_reward(entries, env):
    """Those of an environment that are no oracles, the one that is paid most first."""
    own = [e for e in entries if e.config.env == env and not e.oracle]
    return [e.config.agent for e in sorted(own, key=lambda e: -e.summary().mean_reward.value)]


def test_sorting_turns_the_table_around(opened, shipped, entries):
    page, _ = opened(shipped)
    board(page, "CompactContract-v0")
    ranked = by_reward(entries, "CompactContract-v0")
    assert len(ranked) >= 4
    assert agents(page) == ranked
    page.locator("#ranking [data-sort=mean_reward]").click()
    assert agents(page) == ranked[::-1]
    assert page.locator("#ranking th[aria-sort=ascending]").inner_text().startswith("Mean reward")
    page.locator("#ranking [data-sort=agent]").press("Enter")
    assert agents(page) == sorted(ranked)


def test_filters_leave_what_fits(opened, shipped, entries):
    page, _ = opened(shipped)
    board(page, "RustCode-v0")
    page.locator("#oracles").uncheck()
    assert agents(page) == by_reward(entries, "RustCode-v0")
    page.locator("#agent-filter").fill("rand")
    page.wait_for_selector("#ranking tbody tr:only-child")
    assert agents(page) == ["random"]


def test_an_episode_is_shown_with_source_messages_and_reward(opened, shipped, entries):
    page, _ = opened(shipped)
    board(page, "RustCode-v0")
    page.locator("#ranking tbody th button", has_text="constant").click()
    page.locator("#family").select_option("bits")
    page.locator("#list").press("ArrowDown")
    shown = page.locator("#episode").inner_text()
    entry = next(
        e for e in entries if e.config.env == "RustCode-v0" and e.config.agent == "constant"
    )
    row = [r for r in entry.rows if r["family"] == "bits"][1]
    assert row["task_id"] in shown
    for line in row["source"].strip().splitlines():
        assert line.strip() in shown
    for diagnostic in row["diagnostics"]:
        assert diagnostic["message"] in shown
    for name, value in row["components"].items():
        assert f"{name}\n{value:.3f}" in shown
    assert "The function, exactly" in shown


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1400, 390])
def test_the_page_fits_and_asks_for_nothing(opened, shipped, width, scheme):
    page, said = opened(shipped, width, scheme)
    for at in range(page.locator("#boards button").count()):
        page.locator("#boards button").nth(at).click()
        assert page.evaluate("document.documentElement.scrollWidth") == width
    assert said == [shipped.as_uri()]
    red = page.evaluate(
        "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)[0]"
    )
    assert (red > 200) is (scheme == "light")


def altered(entry: Entry, rows: list[dict]) -> Entry:
    return Entry(entry.folder, entry.config, entry.described, rows, entry.stored)


def hostile(entry: Entry) -> Entry:
    """All of whose texts are hostile; of the training split, whose prompts are its own."""
    said = [{"severity": "error", "message": HOSTILE, "line": 1, "column": 1}]
    error = {"kind": "crashed", "message": HOSTILE}
    texts = dict.fromkeys(("source", "task_id", "family", "stage", "prompt", "toolchain"), HOSTILE)
    rows = [
        {
            **row,
            **texts,
            "diagnostics": said,
            "components": {HOSTILE: 1.0},
            "agent_error": None if at % 2 == 0 else error,
            "attempts": [{**row, **texts}],
        }
        for at, row in enumerate(entry.rows)
    ]
    config = dataclasses.replace(entry.config, agent=HOSTILE, split="train", reward=HOSTILE)
    described = {**entry.described, "tasks_digest": None, "resolved_toolchain": HOSTILE}
    return Entry(entry.folder, config, described, rows, entry.stored)


def test_hostile_text_is_text_wherever_it_is(opened, entries, tmp_path):
    entry = next(e for e in entries if e.config.env == "RustCode-v0")
    path = tmp_path / "hostile.html"
    path.write_text(build([hostile(entry)]))
    page, logged = opened(path)
    assert page.title() == "ForgeGym leaderboard"
    for place in ("#boards", "#ranking", "#ranking-note", "#legend", "#families", "#entry"):
        assert HOSTILE in page.locator(place).inner_text(), place
    for at in (0, 1):
        page.locator("#list li").nth(at).click()
        assert HOSTILE in page.locator("#list li").nth(at).inner_text()
        shown = page.locator("#episode").inner_text()
        assert shown.count(HOSTILE) >= 4
        assert HOSTILE in page.locator("#episode .prompt").inner_text()
    page.locator("#families th").last.hover()
    assert page.locator("main img, nav img, header img").count() == 0
    assert page.locator("script").count() == 2
    assert logged == [path.as_uri()]


def test_ten_thousand_episodes_are_read_page_by_page(opened, entries, tmp_path):
    entry = next(e for e in entries if e.config.agent == "template")
    rows = [{**entry.rows[i % len(entry.rows)], "index": i} for i in range(10_000)]
    path = tmp_path / "many.html"
    path.write_text(build([altered(entry, rows)]))
    page, _ = opened(path)
    assert page.locator("#list li").count() == 50
    assert "1–50 of 10,000" in page.locator("#list-pager").inner_text()
    page.locator("#list").press("End")
    assert "episode 9999" in page.locator("#list li[aria-selected=true]").inner_text()
    page.locator("#episode-filter").fill(entry.rows[3]["task_id"])
    page.locator("#list-pager", has_text="of 125").wait_for()


def test_ten_thousand_entries_are_read_page_by_page(opened, shipped, tmp_path):
    page = shipped.read_text()
    head, _, rest = page.partition('id="data">')
    text, _, foot = rest.partition("</script>")
    document = json.loads(text)
    one = document["boards"][0]
    first = {**one["entries"][0], "episodes": one["entries"][0]["episodes"][:1]}
    one["entries"] = [{**first, "agent": f"agent {i}"} for i in range(10_000)]
    path = tmp_path / "entries.html"
    path.write_text(f'{head}id="data">{json.dumps(document).replace("<", chr(92) + "u003c")}'
                    f"</script>{foot}")  # fmt: skip
    opened_page, _ = opened(path)
    assert len(agents(opened_page)) == 50
    opened_page.locator("#ranking-pager button", has_text="Next").click()
    assert "51–100 of 10,000" in opened_page.locator("#ranking-pager").inner_text()
    opened_page.locator("#ranking [data-sort=agent]").click()
    assert agents(opened_page)[:2] == ["agent 0", "agent 1"]

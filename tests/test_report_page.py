"""The report in a browser: what clicks, keys, filters, a printer and a hostile answer make of it."""

from __future__ import annotations

import pathlib
import re
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from tests.harness import Project, absent
from tests.past_runs import SAAS, Machine, Past, hundred, thousand

webdriver = pytest.importorskip("selenium.webdriver")
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402
from selenium.webdriver.remote.webelement import WebElement  # noqa: E402
from selenium.webdriver.support.ui import WebDriverWait  # noqa: E402

pytestmark = pytest.mark.slow

# No sandbox, as a container has none; and nothing of its own asks the network.
FLAGS = """--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync
--disable-background-networking --disable-component-update --disable-dev-shm-usage --window-size=1400,1000"""

PAST = Past(
    fails={"billing-agent": "check failed: npm test"},
    retries={"api-agent": "API 529: overloaded"},
    waits={"auth-agent": "pool gpu"},
)


class Page:
    """A report in the browser."""

    def __init__(self, browser: Any) -> None:
        self.browser = browser

    def open(self, path: pathlib.Path, fragment: str = "") -> None:
        self.browser.get("about:blank")
        self.browser.get(path.as_uri() + fragment)

    def all(self, selector: str) -> list[WebElement]:
        found: list[WebElement] = self.browser.find_elements(By.CSS_SELECTOR, selector)
        return found

    def one(self, selector: str) -> WebElement:
        [found] = self.all(selector)
        return found

    def run(self, script: str, *arguments: Any) -> Any:
        return self.browser.execute_script(script, *arguments)

    def tell(self, method: str, **parameters: Any) -> Any:
        return self.browser.execute_cdp_cmd(method, parameters)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.browser.switch_to.active_element.send_keys(key)

    def focus(self) -> str:
        """The agent of what has the focus, or its id or text."""
        script = "const e = document.activeElement; return e.dataset.agent || e.id || e.textContent"
        return str(self.run(script)).strip()

    def panel(self) -> str:
        """The agent whose panel is open, or nothing."""
        shown = [each for each in self.all(".agent") if each.is_displayed()]
        assert len(shown) <= 1
        return (shown[0].get_attribute("id") or "").removeprefix("agent-") if shown else ""

    def wait(self, condition: Any) -> None:
        WebDriverWait(self.browser, 30).until(lambda _: condition())

    def rows(self) -> list[str]:
        """The agents in the table that are shown, from the top."""
        shown = "const rows = document.querySelectorAll('#table tbody tr:not([hidden])');"
        names: list[str] = self.run(f"{shown} return [...rows].map(row => row.dataset.agent)")
        return names

    def complaints(self) -> list[str]:
        """What the console says, since the last call."""
        return [entry["message"] for entry in self.browser.get_log("browser")]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    program = shutil.which("chromium") or shutil.which("google-chrome") or absent("chromium")
    driver = shutil.which("chromedriver") or absent("chromedriver")
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for flag in FLAGS.split():
        options.add_argument(flag)
    options.add_argument(f"--user-data-dir={tmp_path_factory.mktemp('profile')}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    chrome = webdriver.Chrome(options, webdriver.ChromeService(driver))
    yield chrome
    chrome.quit()


@pytest.fixture
def show(browser: Any) -> Iterator[Page]:
    """A page in the browser that has to end without a word on the console."""
    page = Page(browser)
    page.complaints()
    yield page
    assert page.complaints() == []


def written(project: Project, agents: dict[str, list[str]], *runs: Past) -> pathlib.Path:
    """Write the report of runs of a plan; return its path."""
    project.plan(dict(agents), goal="Build it.")
    assert project.compile("-q").code == 0
    machine = Machine(project)
    for run in runs:
        machine.run(run)
    assert project.wavemake("report").code == 0
    return project.path(".tmp/agents/report.html")


@pytest.fixture(scope="module")
def saas(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    return written(Project(tmp_path_factory.mktemp("saas")), SAAS, Past(), PAST)


@pytest.fixture
def page(show: Page, saas: pathlib.Path) -> Page:
    """The report of seven agents: one failed, one is blocked."""
    show.open(saas)
    return show


# --- by mouse ---


def test_a_click_on_an_agent_shows_all_of_it(page: Page) -> None:
    assert page.panel() == ""
    page.one(".box[data-agent='api-agent']").click()
    assert page.panel() == "api-agent"
    panel = page.one("#agent-api-agent")
    assert "API 529: overloaded" in panel.text
    assert panel.find_element(By.CSS_SELECTOR, ".markdown h1").text == "What was done"
    for kind in ("prompt", "task"):
        part = panel.find_element(By.CSS_SELECTOR, f"[data-kind='{kind}']")
        assert "Do api-agent." not in part.text
        part.find_element(By.TAG_NAME, "summary").click()
        assert "Do api-agent." in part.text
    page.run("arguments[0].scrollTop = 0", panel)
    panel.find_element(By.LINK_TEXT, "billing-agent").click()
    assert page.panel() == "billing-agent"
    assert page.one("#agent-billing-agent [data-kind='log'] pre").is_displayed()
    page.browser.back()
    page.wait(lambda: page.panel() == "api-agent")
    panel.find_element(By.CSS_SELECTOR, ".close").click()
    assert page.panel() == ""


def test_bars_rows_and_reasons_lead_to_the_agent(page: Page) -> None:
    for selector in (
        ".strip[data-agent='billing-agent']",
        "tr[data-agent='billing-agent'] a",
        ".look a",
    ):
        page.run("location.hash = '_'")
        page.one(selector).click()
        assert page.panel() == "billing-agent"


def test_the_address_of_an_agent_opens_it(show: Page, saas: pathlib.Path) -> None:
    show.open(saas, "#agent-test-agent")
    assert show.panel() == "test-agent"
    assert "Blocked by billing-agent." in show.one("#agent-test-agent").text


def test_states_and_names_are_filtered(page: Page) -> None:
    assert page.rows() == sorted(SAAS, key=list(SAAS).index)
    chips = {chip.get_attribute("data-state"): chip for chip in page.all(".chip")}
    assert {state: " ".join(chip.text.split()) for state, chip in chips.items()} == {
        "failed": "failed 1",
        "blocked": "blocked 1",
        "done": "done 5",
    }
    chips["failed"].click()
    assert page.rows() == ["billing-agent"]
    chips["blocked"].click()
    assert page.rows() == ["billing-agent", "test-agent"]
    assert page.one("#found").text == "2 of 7"
    dimmed = {each.get_attribute("data-agent") for each in page.all(".box.out")}
    assert dimmed == set(SAAS) - {"billing-agent", "test-agent"}
    page.one("#find").send_keys("BILL agent")
    assert page.rows() == ["billing-agent"]
    page.one("#find").send_keys("zzz")
    assert page.rows() == []
    assert page.one("#nothing").is_displayed()
    page.one("#reset").click()
    assert len(page.rows()) == 7
    assert not page.all(".out")


def test_tables_are_sorted(page: Page) -> None:
    [time] = [each for each in page.all("#table thead button") if each.text == "Time"]
    numbers = (
        "return [...document.querySelectorAll('#table tbody td.t')].map(c => Number(c.dataset.v))"
    )
    time.click()
    found = page.run(numbers)
    assert found == sorted(found, reverse=True)
    assert page.one("#table thead [aria-sort]").get_attribute("aria-sort") == "descending"
    time.click()
    assert page.run(numbers) == found[::-1]
    page.one("#table thead th:first-child button").click()
    assert page.rows() == sorted(SAAS)


def test_a_chosen_agent_shows_its_lineage(page: Page) -> None:
    page.one(".box[data-agent='auth-agent']").click()
    lit = {each.get_attribute("data-agent") for each in page.all(".box.lit")}
    assert lit == {"db-agent", "auth-agent", "dashboard-agent", "billing-agent", "test-agent"}
    page.one("#agent-auth-agent .close").click()
    page.run("document.activeElement.blur()")
    assert not page.all(".lineage")


def test_pictures_grow_and_shrink(page: Page) -> None:
    def size(selector: str) -> float:
        return float(
            page.run(f"return document.querySelector('{selector}').getBoundingClientRect().width")
        )

    for name in ("graph", "timeline"):
        before = size(f"svg.{name}")
        page.one(f"[data-for='{name}'] [data-zoom='in']").click()
        assert size(f"svg.{name}") == pytest.approx(before * 1.4, rel=0.02)
        page.one(f"[data-for='{name}'] [data-zoom='fit']").click()
        assert size(f"svg.{name}") == pytest.approx(before, rel=0.02)


# --- by keyboard ---


def test_all_is_reached_without_a_mouse(page: Page) -> None:
    page.press(Keys.TAB)
    assert page.focus().startswith("Skip to")
    page.press("/")
    assert page.focus() == "find"
    page.press("b", "i", "l")
    assert page.rows() == ["billing-agent"]
    page.press(*[Keys.BACKSPACE] * 3)

    page.run("document.querySelector('[data-for=graph] button:last-child').focus()")
    page.press(Keys.TAB)
    assert page.focus() == "db-agent"
    page.press(Keys.ARROW_RIGHT)
    assert page.focus() in {"auth-agent", "api-agent"}
    page.press(Keys.ARROW_UP, Keys.ARROW_UP, Keys.ARROW_DOWN)
    page.press(Keys.ENTER)
    opened = page.panel()
    assert opened in {"auth-agent", "api-agent"}
    assert page.focus() == f"agent-{opened}"
    page.press(Keys.TAB)
    assert page.focus().startswith("Close")
    page.press(Keys.ESCAPE)
    assert page.panel() == ""
    assert page.focus() == opened


def test_a_picture_is_one_stop_of_the_tab_key(page: Page) -> None:
    seen = []
    for _ in range(60):
        page.press(Keys.TAB)
        seen.append(page.run("return document.activeElement.getAttribute('class')") or "")
    assert sum("box " in each for each in seen) == 1
    assert sum("strip " in each for each in seen) == 1


def test_what_has_the_focus_can_be_seen(page: Page) -> None:
    page.press(Keys.TAB)
    outline = (
        "const s = getComputedStyle(document.activeElement); return s.outlineStyle + s.outlineWidth"
    )
    assert page.run(outline) == "solid2px"
    page.run("document.querySelector('.box').focus()")
    page.press(Keys.ARROW_RIGHT)
    width = "return getComputedStyle(document.activeElement.querySelector('rect')).strokeWidth"
    assert page.run(width) == "3px"


# --- without the script, in the dark, on paper ---


def test_it_is_whole_without_its_script(show: Page, saas: pathlib.Path) -> None:
    show.tell("Emulation.setScriptExecutionDisabled", value=True)
    try:
        show.open(saas)
        assert not show.one("#filters").is_displayed()
        assert not show.one("[data-for='graph']").is_displayed()
        show.one(".box[data-agent='api-agent']").click()
        show.wait(lambda: show.panel() == "api-agent")
        assert "What was done" in show.one("#agent-api-agent").text
        show.one("#agent-api-agent .close").click()
        show.wait(lambda: show.panel() == "")
    finally:
        show.tell("Emulation.setScriptExecutionDisabled", value=False)


def luminance(colour: str) -> float:
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_state_can_be_read(show: Page, saas: pathlib.Path, scheme: str) -> None:
    show.tell(
        "Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}]
    )
    show.open(saas)
    paper = luminance(show.run("return getComputedStyle(document.body).backgroundColor"))
    assert paper < 0.05 if scheme == "dark" else paper > 0.9
    states = "failed over-budget interrupted waiting blocked running done pinned reused up-to-date not-run"
    colour = """const e = document.createElement('span'); e.className = 'badge s-' + arguments[0];
        document.body.append(e); const c = getComputedStyle(e).color; e.remove(); return c"""
    texts = {state: show.run(colour, state) for state in states.split()}
    texts["note"] = show.run("return getComputedStyle(document.querySelector('.note')).color")
    texts["link"] = show.run("return getComputedStyle(document.querySelector('.agent-link')).color")
    for state, reported in texts.items():
        light, dark = sorted([luminance(reported), paper], reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, (state, reported)
    show.tell("Emulation.setEmulatedMedia", features=[])


def test_it_can_be_printed(show: Page, saas: pathlib.Path) -> None:
    show.tell("Emulation.setEmulatedMedia", media="print")
    show.open(saas, "#agent-billing-agent")
    assert not show.one("#filters").is_displayed()
    assert not show.one("#agent-billing-agent .close").is_displayed()
    assert show.one("#agent-billing-agent").is_displayed()
    position = "return getComputedStyle(document.querySelector('#agent-billing-agent')).position"
    assert show.run(position) == "static"
    show.tell("Emulation.setEmulatedMedia", media="")
    assert len(show.tell("Page.printToPDF")["data"]) > 20_000


def test_nothing_is_wider_than_a_small_screen(show: Page, saas: pathlib.Path) -> None:
    show.tell(
        "Emulation.setDeviceMetricsOverride",
        width=380,
        height=700,
        deviceScaleFactor=1,
        mobile=False,
    )
    show.open(saas)
    assert show.run("return document.documentElement.scrollWidth") <= 380
    show.run("location.hash = 'agent-api-agent'")
    assert show.one("#agent-api-agent").size["width"] <= 380
    show.tell("Emulation.clearDeviceMetricsOverride")


# --- nothing but itself ---

HOSTILE = """\
# <script>window.pwned = 1</script>

<script>window.pwned = 1</script>
<img src=x onerror="window.pwned = 1">
<svg onload="window.pwned = 1"><style>body { display: none }</style></svg>
</div></details></section></template><script>window.pwned = 1</script>
<iframe srcdoc="<script>parent.pwned = 1</script>"></iframe>
<a href="javascript:window.pwned=1" onclick="window.pwned = 1" id="find">raw</a>

[js](javascript:window.pwned=1) [data](data:text/html,<script>alert(1)</script>) [own](#agent-b)
[web](https://example.org) ![pixel](https://example.org/pixel.png) {{ 7 * 7 }} ${7 * 7}

\u202emoc.elpmaxe\u202c \x00\x07\x1b[31m\x1b]0;title\x07 \x9b

</script><!-- ]]> --> &lt;script&gt; \ufeff \u2028 \u2029
"""


def test_a_hostile_agent_does_nothing(show: Page, project: Project) -> None:
    line = "<b>" + "x" * 100_000
    answers = {"a": HOSTILE, "b": f"{HOSTILE}\n{line}\n", "c": "fine"}
    past = Past(answer=answers.__getitem__, fails={"d": HOSTILE[:300].replace("\n", " ")})
    project.plan(
        {"a": [], "b": ["a"], "c": ["b"], "d": ["c"]},
        goal=HOSTILE.replace("\0", ""),
        project="</title><script>1",
    )
    assert project.compile("-q").code == 0
    Machine(project).run(past)
    for name in ("prompt.md", "log.txt", "task.md", "files.json"):
        text = (
            '["</script><script>window.pwned = 1</script>"]'
            if name == "files.json"
            else HOSTILE + line
        )
        project.path(f".tmp/agents/a/{name}").write_text(text)
    assert project.wavemake("report").code == 0
    show.open(project.path(".tmp/agents/report.html"))
    for agent in "abcd":
        show.run(f"location.hash = 'agent-{agent}'")
        show.wait(lambda agent=agent: show.panel() == agent)
        for summary in show.all(f"#agent-{agent} summary"):
            if not summary.find_element(By.XPATH, "..").get_attribute("open"):
                summary.click()
        for link in show.all(f"#agent-{agent} .markdown a:not([href^='https:'])"):
            link.click()
    assert show.run("return window.pwned") is None
    assert show.panel() == "d"
    assert len(show.all("script")) == 2
    assert not show.all("img, iframe, object, embed, form, [onclick], [onerror], [onload], [style]")
    assert not show.all(
        "[href^='javascript:' i], [href^='data:' i], .agent [id], .markdown [class]"
    )
    assert len(show.all(".agent")) == len(show.all("#panel > *")) == 4
    assert show.run("return document.documentElement.scrollWidth <= innerWidth")
    shown = show.one("#agent-a .markdown").get_attribute("textContent") or ""
    assert "<script>window.pwned = 1</script>" in shown
    assert "\u202e" not in shown
    assert not re.search(
        r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", show.run("return document.body.textContent")
    )


def test_what_slips_into_the_page_does_nothing_either(browser: Any, saas: pathlib.Path) -> None:
    """The policy of the page stops what its author has not written, whatever brought it there."""
    page = Page(browser)
    bad = """<script>window.pwned = 1</script><img src="https://example.org/x" onerror="window.pwned = 1">
        <style>body { display: none }</style><a id="evil" href="javascript:window.pwned = 1">x</a>
        <base href="https://example.org/"><form action="https://example.org"><button>x</button></form>"""
    spoilt = saas.with_name("spoilt.html")
    spoilt.write_text(saas.read_text().replace("<main id", f"{bad}<main id", 1))
    page.open(spoilt)
    page.run("document.getElementById('evil').click()")
    assert page.run("return window.pwned") is None
    assert page.one("body").is_displayed()
    assert page.run("return document.baseURI").startswith("file:")
    reported = " ".join(page.complaints())
    assert reported.count("Content Security Policy directive") >= 4
    assert (
        page.run("try { document.body.innerHTML = '<b>x</b>' } catch (e) { return e.name }")
        == "TypeError"
    )
    page.complaints()


def test_the_network_is_not_asked(show: Page, saas: pathlib.Path) -> None:
    show.open(saas, "#agent-api-agent")
    assert show.run("return performance.getEntriesByType('resource').length") == 0
    text = saas.read_text()
    assert not re.search(
        r"""(src|srcset|poster|action|data)\s*=\s*["']""", re.sub(r"data-\w+", "", text)
    )
    assert not re.search(r"url\(|@import", text)


# --- sizes ---


def test_a_hundred_agents(show: Page, project: Project) -> None:
    failed = Past(jobs=8, fails={"exports-check": "exit status 1"}, retries={"mail-map": "API 529"})
    show.open(written(project, hundred(), Past(jobs=8), failed))
    assert len(show.all(".box")) == len(hundred())
    show.one("#find").send_keys("exports")
    assert len(show.rows()) == 11
    legible = show.run("return document.querySelector('.box text').getBoundingClientRect().height")
    assert legible > 9


def test_a_thousand_agents(show: Page, project: Project) -> None:
    path = written(project, thousand(), Past(jobs=16, fails={"part-7-07": "timeout after 30m"}))
    assert path.stat().st_size < 12_000_000
    show.open(path)
    assert len(show.rows()) == 1000
    show.one("#find").send_keys("part-5-")
    assert len(show.rows()) == 100
    show.one("#reset").click()
    show.one(".chip[data-state='failed']").click()
    assert show.rows() == ["part-7-07"]
    show.one("tr[data-agent='part-7-07'] a").click()
    show.wait(lambda: show.panel() == "part-7-07")
    chosen = show.one(".box.chosen")
    seen = """const a = arguments[0].getBoundingClientRect(), b = arguments[1].getBoundingClientRect();
        return a.left >= b.left && a.right <= b.right && a.top >= b.top && a.bottom <= b.bottom"""
    show.wait(lambda: show.run(seen, chosen, show.one("#graph")))

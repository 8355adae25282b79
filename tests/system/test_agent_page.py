# SPDX-License-Identifier: Apache-2.0
"""The page of oap-kiosk run, in a browser without a window: what a person at
the door types, sees and presses. OAP_SHOTS=DIRECTORY keeps pictures of it."""
import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
pytest.importorskip("selenium", reason="python3-selenium is not installed")

from selenium import webdriver  # noqa: E402
from selenium.common.exceptions import \
    StaleElementReferenceException  # noqa: E402
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402

import fakeservice  # noqa: E402
import oapmsg as m  # noqa: E402
import oaprun  # noqa: E402
from door import Door  # noqa: E402
from kioskagent import Agent  # noqa: E402

SIZES = [(1280, 800), (1024, 768), (768, 1024), (1080, 1920), (390, 844),
         (320, 640)]
NAMES = {"en": "Residents", "ko": "자매도시 주민", "ja": "姉妹都市住民",
         "zh": "姐妹城市居民"}
READY = {"en": "Please show your pass", "ko": "패스를 보여 주세요",
         "ja": "パスをご提示ください", "zh": "请出示您的通行证"}


def wait(condition, what):
    return oaprun.wait_for(condition, what)


class Page:
    """A browser that shows an agent's page."""

    def __init__(self, driver, agent, service):
        self.driver, self.agent, self.service = driver, agent, service
        self.requests = []

    @staticmethod
    def tries(act):
        """False: what it was about went away under it."""
        try:
            act()
        except StaleElementReferenceException:
            return False
        return True

    def by(self, id):
        return self.driver.find_element(By.ID, id)

    def text(self, id):
        return self.by(id).text

    def kind(self):
        return self.by("stage").get_attribute("data-kind")

    def shows(self, kind):
        wait(lambda: self.kind() == kind, "a page that shows " + kind)

    def says(self, id, part):
        wait(lambda: part in self.text(id), "%s in %s" % (part, id))

    def body(self):
        return self.driver.find_element(By.TAG_NAME, "body")

    def type(self, text):
        """As a scanner does, wherever the focus is."""
        webdriver.ActionChains(self.driver).send_keys(
            text + Keys.ENTER).perform()

    def size(self, width, height):
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 1,
            "mobile": False})

    def shot(self, name, *size):
        """A picture for who wants to look at it."""
        directory = os.environ.get("OAP_SHOTS")
        if not directory:
            return
        self.size(*size)
        pathlib.Path(directory).mkdir(exist_ok=True)
        self.driver.save_screenshot(str(pathlib.Path(
            directory, "%s-%dx%d.png" % (name, *size))))

    def shots(self, what):
        """In the sizes of a tablet and of a standing screen, and in each
        language."""
        for tag in NAMES if os.environ.get("OAP_SHOTS") else ():
            self.language(tag)
            for size in ((1280, 800), (1080, 1920)):
                self.shot("%s-%s" % (what, tag), *size)
        self.size(1280, 800)

    def language(self, tag):
        self.driver.find_element(
            By.CSS_SELECTOR, "#langs button[lang=%s]" % tag).click()

    def open(self):
        """A page that comes anew shows the verdict that stands."""
        self.driver.get(self.agent.link)
        wait(lambda: self.kind() not in ("wait", "gone", "locked"), "it")
        if self.by("done").is_displayed():
            self.by("done").click()
        self.shows("ready")

    def rest(self):
        """Ready, with nothing at the desk, wherever the last test left it."""
        self.size(1280, 800)
        if self.driver.current_url != self.agent.url + "/" or \
                self.kind() in ("wait", "gone", "locked"):
            self.open()
        elif self.by("done").is_displayed():
            self.by("done").click()
        self.language("en")
        self.agent.good("PATCH", "/desk", {
            "benefit": "day-kr", "party": 1, "amount": None,
            "per_person": True})
        wait(lambda: self.by("amount").get_property("value") == "" and
             self.text("party") == "1", "an empty desk")
        self.shows("ready")

    def a_pass(self, **claims):
        return m.code(self.service.issuer.issue(**claims))

    def log(self):
        """What the console holds, but for an agent that went away."""
        return [e for e in self.driver.get_log("browser")
                if "ERR_CONNECTION_REFUSED" not in e["message"] and
                "ERR_INCOMPLETE_CHUNKED" not in e["message"]]


@pytest.fixture(scope="module")
def driver():
    options = webdriver.ChromeOptions()
    for argument in ("--headless=new", "--no-sandbox", "--lang=en",
                     "--disable-dev-shm-usage", "--hide-scrollbars",
                     "--force-device-scale-factor=1", "--no-proxy-server"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs",
                           {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options)
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def world(driver, tmp_path_factory):
    """A kiosk with two benefits, its agent and its page."""
    service = fakeservice.Service()
    service.benefits[1][2] = NAMES
    service.benefits.append(fakeservice.benefit("night-kr", "KRW", ["nmk"]))
    kiosk = Door(tmp_path_factory.mktemp("page") / "kiosk", service)
    agent = Agent(kiosk.enrolled(), "--benefit", "day-kr").ready()
    yield Page(driver, agent, service)
    service.close()
    agent.stop()


@pytest.fixture
def page(world):
    world.rest()
    world.log()
    yield world
    assert world.log() == []


# ---------------------------------------------------------- what is typed

def test_a_typed_code_with_its_spaces_is_judged_and_priced(page):
    code = page.a_pass(hint="K.M.")
    assert " " in code
    page.by("amount").send_keys("3000")
    page.by("more").click()
    page.says("amount-help", "6,000 KRW")
    page.type(code)
    page.shows("accept")
    assert page.text("headline") == "Welcome. Your discount applies."
    assert (page.text("before"), page.text("after")) == ("6,000 KRW",
                                                         "4,800 KRW")
    assert "1,200 KRW" in page.text("less")
    assert "K.M." in page.text("rows") and "Persons" in page.text("rows")
    assert "For staff" in page.text("next")
    assert "4,800 KRW" in page.by("live").get_attribute("textContent")
    # one person again, and at the same price each
    page.says("party", "1")
    page.type(code)
    page.shows("reject")
    assert "already been used" in page.text("headline")
    assert "National Museum of Korea (seoul)" in page.text("rows")
    assert "Already used at" in page.text("rows")


def test_what_is_typed_last_holds_for_a_scan_that_comes_at_once(page):
    page.by("amount").send_keys("5000")
    page.type(page.a_pass())
    page.shows("accept")
    assert page.text("before") == "5,000 KRW"
    # the code left nothing in the field that has the focus
    assert page.by("amount").get_property("value") == "5000"


def test_a_code_is_taken_whatever_has_the_focus(page):
    for id in ("more", "done", "undo", "per-person", "amount"):
        element = page.by(id)
        page.driver.execute_script("arguments[0].focus()", element)
        before = page.text("party")
        page.type(page.a_pass())
        page.shows("accept")
        assert page.text("party") == before == "1"


def test_control_and_function_keys_do_nothing(page):
    keys = [Keys.F1, Keys.F5, Keys.F6, Keys.F12, Keys.INSERT, Keys.LEFT,
            Keys.SHIFT, Keys.DELETE, Keys.BACKSPACE]
    window = page.driver.execute_script("window.same = true; return 1")
    code = page.a_pass()
    chain = webdriver.ActionChains(page.driver)
    for key in keys:
        chain.send_keys(key)
    chain.key_down(Keys.CONTROL).send_keys("rjm").key_up(Keys.CONTROL)
    half = len(code) // 2
    chain.send_keys(code[:half]).send_keys(Keys.F3, Keys.LEFT,
                                           Keys.BACKSPACE)
    chain.key_down(Keys.CONTROL).send_keys("b").key_up(Keys.CONTROL)
    chain.send_keys(code[half:] + Keys.ENTER).perform()
    page.shows("accept")
    assert window and page.driver.execute_script("return window.same")


def test_a_keyboard_of_another_layout_is_told_as_such(page):
    asked = len(page.service.asked)
    for line in ("OAP1+ABC", "oap1:abc"):
        page.type(line)
        page.says("notice-text", "keyboard")
        page.by("notice-close").click()
        wait(lambda: not page.by("notice").is_displayed(), "it to go")
    assert len(page.service.asked) == asked


def test_an_amount_that_is_none_is_told(page):
    page.by("amount").send_keys("1.2.3")
    page.says("amount-wrong", "digits")
    page.type(page.a_pass())
    assert page.kind() == "ready"
    page.by("amount").clear()
    page.by("amount").send_keys("100")
    page.says("amount-help", "100 KRW")
    assert not page.by("amount-wrong").is_displayed()
    # a refused call is no fault of the page
    assert all("400" in e["message"] for e in page.log())


# --------------------------------------------------------------- verdicts

def told(page, **changes):
    """The service's next answer to a question."""
    real = page.service.answer_ask

    def answer(body):
        page.service.answer_ask = real
        status, out = real(body)
        out.update(changes)
        return status, out
    page.service.answer_ask = answer


# What this service answers beside what it does else.
fakeservice.NAMES.update({33: "expired", 70: "closed-now", 98: "status-stale",
                          99: "clock-untrusted"})
CLASSES = [("accepted", 1, "accept"), ("expired", 33, "reject"),
           ("already-redeemed", 64, "reject"), ("closed-now", 70, "reject"),
           ("status-stale", 98, "undecided"),
           ("clock-untrusted", 99, "undecided")]


@pytest.mark.parametrize("verdict, number, kind", CLASSES)
def test_each_class_of_verdict_has_its_colour_shape_and_words(
        page, verdict, number, kind):
    told(page, verdict=verdict, number=number)
    page.by("amount").send_keys("3000")
    page.type(page.a_pass())
    page.shows(kind)
    assert page.text("kind") and page.text("headline") and page.text("next")
    # a price to pay is that of a visitor who was let in
    assert page.by("price").is_displayed() == (kind == "accept")
    assert page.driver.find_elements(By.CSS_SELECTOR, "#shape .sign")
    page.shots(verdict)
    looks[kind] = page.driver.execute_script(
        "const s = document.getElementById('stage');"
        "return [getComputedStyle(s).backgroundColor, s.querySelector("
        "'.outline').getAttribute('d')].join()")
    assert len(set(looks.values())) == len(looks)


looks = {}      # kind -> colour and shape, of all classes so far


def test_a_forged_code_and_one_that_is_none_are_refused(page):
    code = page.a_pass()
    for line in ("rubbish", code[:40] + code[41] + code[40] + code[42:]):
        page.type(line)
        page.shows("reject")
        page.by("done").click()
        page.shows("ready")


def test_without_the_service_the_page_says_so_and_what_to_do(page):
    page.service.trouble["/v1/ask"] = ["drop"] * 50
    page.type(page.a_pass())
    wait(lambda: page.kind() in ("retry", "undecided", "accept"), "a verdict")
    assert page.text("next")
    page.says("bar", "No connection")
    page.by("done").click()
    page.says("kind", "without connection")
    page.service.trouble.clear()
    page.type(page.a_pass())
    page.shows("accept")
    page.says("bar", "Connected")


def test_what_a_pass_says_is_shown_as_text(page):
    page.type(page.a_pass(hint="<img src=x>&amp;"))
    page.shows("accept")
    assert "<img src=x>&amp;" in page.text("rows")
    assert not page.driver.find_elements(By.CSS_SELECTOR, "#rows img")


def test_a_visit_is_undone_within_a_minute(page):
    code = page.a_pass(hint="A.B.")
    page.type(code)
    page.shows("accept")
    assert "Undo" in page.text("undo")
    page.by("undo").click()
    page.shows("undone")
    assert not page.by("undo").is_displayed()
    # also when the next visitor has come already
    page.type(code)
    page.shows("accept")
    page.type(page.a_pass(hint="C.D."))
    page.says("recent", "A.B.")
    # the list is drawn anew when the card changes
    wait(lambda: page.tries(lambda: page.by("recent").find_element(
        By.XPATH, ".//li[contains(., 'A.B.')]/button").click()),
        "a button to stay")
    page.shows("undone")
    page.type(code)
    page.shows("accept")


def test_a_benefit_is_chosen_on_the_page(page):
    page.driver.find_element(By.CSS_SELECTOR,
                             "#benefits input[value=night-kr]").click()
    wait(lambda: page.agent.good("GET", "/desk")["benefit"] == "night-kr",
         "the choice")
    page.type(page.a_pass())
    page.shows("accept")
    assert page.service.asked[-1][1][6] == "night-kr"


def test_a_call_of_others_that_fails_leaves_the_page_ready(page):
    assert page.agent.call("POST", "/reverse", {"id": "00" * 16})[0] == 404
    page.shows("ready")
    assert not page.by("notice").is_displayed()


def test_a_verdict_asked_for_by_a_till_stands_on_the_page(page):
    page.agent.good("POST", "/redeem", {
        "code": page.a_pass(hint="T.T."), "benefit": "day-kr", "list": 1000})
    page.shows("accept")
    assert "T.T." in page.text("rows") and page.text("after") == "800 KRW"


# --------------------------------------------------- languages and sizes

def overflow(page):
    return page.driver.execute_script(
        "const d = document.documentElement; const w = d.clientWidth;"
        "return [...document.querySelectorAll('body *')].filter(e => "
        "e.id !== 'live' && !e.closest('[hidden]') && !e.closest('svg') && "
        "e.getBoundingClientRect().right > w + 1).map(e => e.outerHTML"
        ".slice(0, 80)).concat(d.scrollWidth > w ? ['page'] : [])")


def test_four_languages_at_each_size_without_overflow(page):
    page.by("amount").send_keys("3000")
    code = page.a_pass(hint="K.M.")
    page.type(code)
    page.shows("accept")
    page.type(code)
    page.shows("reject")
    told = page.agent.scan(code)["texts"]
    for tag, name in NAMES.items():
        page.language(tag)
        assert page.text("headline") == told[tag]["text"]
        assert told[tag]["next"] in page.text("next")
        assert name in page.text("benefits")
        assert page.driver.execute_script(
            "return document.documentElement.lang") == tag
        for size in SIZES:
            page.size(*size)
            assert overflow(page) == [], (tag, size)
            bar = page.by("bar").rect
            assert page.driver.execute_script(
                "const r = document.getElementById('bar')"
                ".getBoundingClientRect(); return r.top >= 0 && r.bottom <="
                " innerHeight"), (tag, size, bar)
    page.size(1280, 800)
    page.by("done").click()
    page.shots("ready")
    for tag, ready in READY.items():
        page.language(tag)
        assert page.text("headline") == ready
        others = page.text("others")
        assert sum(r in others for r in READY.values()) == 3


def test_a_language_is_remembered(page):
    page.language("ja")
    page.driver.get(page.agent.link)
    page.open()
    assert page.text("headline") == READY["ja"]


CONTRAST = """
const lum = c => { const [r, g, b] = c.map(v => { v /= 255; return v <= .03928
  ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; });
  return .2126 * r + .7152 * g + .0722 * b; };
const parse = s => s.match(/[0-9.]+/g).map(Number);
const ground = e => { const over = []; for (; e; e = e.parentElement) {
  const c = parse(getComputedStyle(e).backgroundColor);
  if (c.length < 4 || c[3] === 1) { over.push(c); break; }
  if (c[3] > 0) over.push(c); }
  return over.reverse().reduce((a, c) => a ? a.map((v, i) => c[i] * c[3] +
    v * (1 - c[3])) : c.slice(0, 3), null); };
const bad = [];
for (const e of document.querySelectorAll('body *')) {
  const own = [...e.childNodes].some(n => n.nodeType === 3 &&
    n.data.trim());
  if (!own || e.closest('[hidden], [inert], :disabled, .unseen')) continue;
  const a = lum(parse(getComputedStyle(e).color)), b = lum(ground(e));
  const c = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
  if (c < 4.5) bad.push([e.outerHTML.slice(0, 60), c]);
}
return bad;
"""


def test_all_text_has_contrast_enough(page):
    assert page.driver.execute_script(CONTRAST) == []
    for number, verdict, kind in ((1, "accepted", "accept"),
                                  (33, "expired", "reject"),
                                  (98, "status-stale", "undecided")):
        told(page, verdict=verdict, number=number)
        page.type(page.a_pass())
        page.shows(kind)
        # colours take a moment to change
        wait(lambda: page.driver.execute_script(CONTRAST) == [], "contrast")


def test_the_keyboard_reaches_everything_and_shows_where_it_is(page):
    seen = set()
    for _ in range(24):
        webdriver.ActionChains(page.driver).send_keys(Keys.TAB).perform()
        seen.add(page.driver.execute_script(
            "const e = document.activeElement; return getComputedStyle(e)"
            ".outlineStyle === 'none' && e !== document.body ? 'unseen' : "
            "e.id || e.lang || e.name"))
    assert {"en", "ko", "ja", "zh", "more", "amount", "benefit"} <= seen
    assert "unseen" not in seen


# ------------------------------------------------------- the page alone

def test_without_its_link_the_page_asks_for_it(page):
    page.driver.execute_script("localStorage.removeItem('oap-page-key')")
    page.driver.get("about:blank")
    page.driver.get(page.agent.url)
    page.shows("locked")
    assert "agent.page" in page.text("next")
    page.type("rubbish")
    assert page.kind() == "locked"
    page.open()
    # refusals of calls are no faults of the page
    assert all("401" in e["message"] for e in page.log())


def test_the_key_leaves_the_address_bar(page):
    assert page.driver.current_url == page.agent.url + "/"


def test_nothing_is_asked_of_anybody_else(page):
    page.driver.get_log("performance")
    page.open()
    page.type(page.a_pass())
    page.shows("accept")
    sent = [e["message"] for e in page.driver.get_log("performance")
            if '"Network.requestWillBeSent"' in e["message"]]
    assert len(sent) > 5
    for message in sent:
        assert '"url":"%s/' % page.agent.url in message, message


@pytest.mark.parametrize("state, kind, says", [
    (0, "setup", "being set up"), (3, "device", "no longer in service")])
def test_a_kiosk_that_may_not_judge_is_not_called_ready(
        driver, tmp_path, state, kind, says):
    service = fakeservice.Service()
    kiosk = Door(tmp_path / "kiosk", service).enrolled()
    service.state = state
    service.newer()
    kiosk.run("sync")
    agent = Agent(kiosk)
    page = Page(driver, agent, service)
    page.size(1280, 800)
    driver.get(agent.link)
    page.shows(kind)
    page.language("en")
    assert says in page.text("headline") and page.text("next")
    agent.stop()
    service.close()


def test_an_agent_that_is_gone_is_shown_and_found_again(
        driver, tmp_path):
    service = fakeservice.Service()
    kiosk = Door(tmp_path / "kiosk", service).enrolled()
    agent = Agent(kiosk).ready()
    page = Page(driver, agent, service)
    page.size(1280, 800)
    page.open()
    page.language("en")
    assert agent.stop() == 0
    page.shows("gone")
    assert "No pass can be checked" in page.text("next")
    page.type(page.a_pass())
    assert page.kind() == "gone" and service.asked == []
    again = Agent(kiosk, listen=agent.host).ready()
    page.agent = again
    page.shows("ready")
    page.type(page.a_pass())
    page.shows("accept")
    assert page.log() == []
    assert again.stop() == 0
    service.close()

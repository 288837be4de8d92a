# SPDX-License-Identifier: Apache-2.0
"""A session that asks a page for a series from outside: what it receives, keeps, believes and refuses."""

import http.server
import threading

from harness import *

SECRET = "token-of-this-test-9f2c"
BASE = 1772323200  # 2026-03-01, when the venue's time begins


class Page(http.server.BaseHTTPRequestHandler):
    """Answers as it is told to; remembers what it was asked."""

    protocol_version = "HTTP/1.1"
    step = "good"
    value = 40
    time = BASE
    asked = []

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", length=None, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = self.close_connection or length is not None

    def do_GET(self):
        kind = type(self)
        kind.asked.append((kind.step, self.path, dict(self.headers)))
        good = json.dumps({"data": [{"timestamp": str(kind.time), "value": str(kind.value)},
                                    {"timestamp": str(kind.time - 60), "value": "1"}]}).encode()
        tag = f'"{kind.time}-{kind.value}"'
        if kind.step == "good":
            if self.headers.get("If-None-Match") == tag:
                return self.answer(304)
            return self.answer(200, good, ETag=tag)
        if kind.step == "html":
            return self.answer(200, b"<!DOCTYPE html><html>log in</html>")
        if kind.step == "cut":
            return self.answer(200, good[:20], length=len(good))
        if kind.step == "huge":
            return self.answer(200, b"[" + b" " * (3 << 20) + b"]")
        if kind.step == "redirect":
            return self.answer(302, Location=f"http://127.0.0.1:{self.server.server_port}/elsewhere")
        if kind.step == "future":
            return self.answer(200, good.replace(str(kind.time).encode(), b"4102444800"))
        if kind.step == "words":
            return self.answer(200, good.replace(str(kind.value).encode(), b"extreme"))
        if kind.step == "busy":
            return self.answer(503, b"{}")
        if kind.step == "slow":
            time.sleep(3)
            return self.answer(200, good)


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    server.handle_error = lambda *_: None  # who is kept waiting hangs up
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/fng?limit=2"
    with Folder() as folder, Venue(
        "--generate", "trend", "--speed", "60", "--history", "120", "--seed", "3", "--start", "2026-03-01",
        "--symbols", "BTC"
    ) as venue:
        kept = os.path.join(folder.path, "kept", "fear.csv")
        config = configuration(
            {"hl": (venue, {})}, {"cross": crossing("hl", ["BTC"])}, folder,
            external={"fear": {
                "url": url, "every": "1s", "timeout": "1s", "rows": "data", "value": "value", "time": "timestamp",
                "max_age": "10d", "keep": kept, "headers": {"X-Key": "Bearer env:APUS_TEST_TOKEN"},
            }})
        session = Session(folder, config, "paper", environment={"APUS_TEST_TOKEN": SECRET})

        def lines():
            try:
                with open(kept) as file:
                    return file.read().splitlines()[1:]
            except FileNotFoundError:
                return []

        def warnings():
            return [one["fields"]["problem"] for one in session.entries() if one["message"] == "external data not read"]

        with session:
            check("a value is received and kept", wait(lambda: len(lines()) == 1, 30), session.text[-800:])
            check("it is asked for with the page's mark", wait(
                lambda: any("If-None-Match" in headers for _, _, headers in Page.asked), 10), Page.asked[-3:])
            check("and with its secret", all(
                headers.get("X-Key") == f"Bearer {SECRET}" for _, _, headers in Page.asked))
            Page.value = 44
            check("a revision is another line", wait(lambda: len(lines()) == 2, 10), lines())
            for step, words in [
                ("html", "HTML"), ("cut", "no whole answer"), ("redirect", "redirects to"),
                ("future", "have not come yet"), ("words", "'extreme' is not a number"), ("busy", "status 503"),
            ]:
                Page.step = step
                check(f"{step}: one line says why", wait(
                    lambda: any(words in one for one in warnings()), 20), warnings()[-2:])
                Page.step, Page.value = "good", Page.value + 1
                check(f"{step}: and the next value is taken", wait(
                    lambda: lines() and lines()[-1].endswith(f",{float(Page.value)}"), 30), lines()[-2:])
            # Three kinds that are one to a reader: no whole answer. It was said already.
            for step in ("huge", "slow"):
                Page.step, before = step, len(Page.asked)
                check(f"{step}: it is asked again, more slowly", wait(lambda: len(Page.asked) >= before + 2, 30))
                Page.step, Page.value = "good", Page.value + 1
                check(f"{step}: and the next value is taken", wait(
                    lambda: lines()[-1].endswith(f",{float(Page.value)}"), 30), lines()[-2:])
            check("not a line for each", len(warnings()) == 6, warnings())
            check("nothing was asked of where it was sent", all(path == "/fng?limit=2" for _, path, _ in Page.asked))
            done = session.control("observe", "--series", "fear", "--value", "12.5")
            check("a value can be told by hand", done.returncode == 0 and "12.5" in done.stdout, done.stdout + done.stderr)
            done = session.control("observe", "--series", "hope", "--value", "1")
            check("of a series that is there", done.returncode != 0 and "fear" in done.stderr, done.stderr)
            time.sleep(2)
            session.control("stop")
            check("it stops", session.wait(30) == 0, session.text[-800:])
        replays(session, "replay --verify needs no page")
        leaks = []
        for place, _, names in os.walk(folder.path):
            for name in names:
                with open(os.path.join(place, name), "rb") as file:
                    if SECRET.encode() in file.read():
                        leaks.append(name)
        check("the secret is in no file", not leaks, leaks)

        # Again on the same journal: what is kept is known, and is no news.
        count = len(lines())
        Page.asked.clear()
        with session:
            check("a second run asks again", wait(lambda: len(Page.asked) >= 3, 30), session.text[-800:])
            session.control("stop")
            check("and stops", session.wait(30) == 0, session.text[-800:])
        check("what it knew is no news", len(lines()) == count, lines()[count:])
        replays(session, "both are replayed the same")
    finish()


main()

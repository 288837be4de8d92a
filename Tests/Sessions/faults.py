# SPDX-License-Identifier: Apache-2.0
"""What goes wrong around a session: at the venue, on the way, on the disk, with the clock. Each has a stated outcome."""

import resource

from harness import *

MARKET = ["--generate", "trend", "--speed", "600", "--history", "200", "--start", "2026-03-01"]


def config_for(venue, folder, **settings):
    return configuration(
        {"hl": (venue, {"order_expiry": "1s", **settings})}, {"cross": crossing("hl", ["BTC", "ETH"])}, folder)


def disturbed(folder, name, *faults, seconds=6, minimum=1):
    """The session survives, is equal to the venue at its end, and ends clean."""
    with Venue(*MARKET, *faults) as venue:
        session = Session(folder, config_for(venue, folder), "de-minimis", name=name)
        with session:
            wait(lambda: len(venue.fills()) >= 3, 25)
            time.sleep(seconds)
            wait(lambda: (session.status() or {}).get("state") == "running"
                 and not session.status()["pauses"], 30)
            check(f"{name}: it lives", session.process.poll() is None, session.text[-800:])
            session.control("kill", "--flatten", "--yes")
            check(f"{name}: everything is closed", wait(
                lambda: not venue.positions() and not venue.info("frontendOpenOrders"), 45),
                (venue.positions(), venue.info("frontendOpenOrders"), session.text[-800:]))
            # What is not known yet is settled before the end.
            session.control("stop")
            check(f"{name}: it stops", session.wait(60) == 0, session.text[-800:])
        fills, closed, fees, funding = money_of(venue)
        summary = session.summary()
        check(f"{name}: profit, fees and fills are the venue's",
              (summary["fills"], Decimal(summary["fees"]), Decimal(summary["profit"]))
              == (len(fills), fees, closed - fees + funding), (summary, len(fills), fees, closed))
        replays(session, f"{name}: replay --verify")
        end = venue.end()
        check(f"{name}: the fault happened", sum(end.get("faults", {}).values()) >= minimum, end)
        check(f"{name}: nothing was sent twice", end["ordersReceivedTwice"] == 0, end)


def full_disk(folder):
    """The journal may not grow: nothing is sent any more, the session lives and says why, and the journal holds."""
    with Venue(*MARKET) as venue:
        session = Session(folder, config_for(venue, folder), "de-minimis", name="full")
        limit = 60_000
        session.limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        with session:
            told = wait(lambda: any("journal cannot be written" in e["fields"].get("text", "")
                                    for e in session.entries()) or "journal cannot be written" in session.text, 40)
            check("full disk: it says so", told, session.text[-800:])
            time.sleep(1)
            orders = len(venue.info("historicalOrders"))
            time.sleep(3)
            check("full disk: it lives", session.process.poll() is None, session.text[-800:])
            check("full disk: nothing more is sent", len(venue.info("historicalOrders")) == orders)
            session.kill()
        again = Session(folder, config_for(venue, folder), "de-minimis", name="full", log="again.log")
        with again:
            check("full disk: with room again it goes on", wait(
                lambda: len(venue.info("historicalOrders")) > orders, 40), again.text[-800:])
            again.control("kill", "--flatten", "--yes")
            wait(lambda: not venue.positions(), 15)
            again.control("stop")
            check("full disk: it stops", again.wait(40) == 0, again.text[-800:])
        compare_with_venue(again, venue, "full disk")


def journals(folder):
    with Venue(*MARKET) as venue:
        config = config_for(venue, folder)
        session = Session(folder, config, "paper", "--for", "2s", name="paper")
        code, text = session.run(30)
        check("a paper session", code == 0, text[-500:])
        path = os.path.join(session.journal, sorted(n for n in os.listdir(session.journal) if n.endswith(".journal"))[0])
        content = bytearray(open(path, "rb").read())
        content[len(content) // 2] ^= 0x40
        with open(path, "wb") as file:
            file.write(content)
        code, text = Session(folder, config, "paper", "--for", "2s", name="paper", log="damaged.log").run(30)
        check("a damaged journal is refused, with its place", code == 1 and "000001.journal" in text, text[-800:])
        done = session.apus("audit", "verify", session.journal)
        check("audit verify finds it", done.returncode == 1 and "000001.journal" in done.stdout + done.stderr,
              done.stdout + done.stderr)
        if os.geteuid() != 0:
            code, text = Session(folder, config, "paper", "--for", "2s", name="other").run(30)
            os.chmod(os.path.join(folder.path, "journal", "other"), 0o500)
            code, text = Session(folder, config, "paper", "--for", "2s", name="other").run(30)
            check("a read-only journal is refused", code == 1 and "journal" in text, text[-500:])
        else:
            blocked = folder / "file"
            open(blocked, "w").close()
            config["live"]["journal"] = blocked
            code, text = Session(folder, config, "paper", "--for", "2s", name="other").run(30)
            check("a journal that cannot be written is refused", code == 1 and blocked in text, text[-500:])


def skewed(folder):
    for skew in ("120", "-120"):
        with Venue(*MARKET, "--wall-times", "--clock-skew", skew) as venue:
            name = "ahead" if skew == "120" else "behind"
            session = Session(folder, config_for(venue, folder, clock="wall", order_expiry="10s"), "de-minimis", name=name)
            with session:
                paused = wait(lambda: [p for p in (session.status() or {}).get("pauses", []) if "clock" in p], 20)
                check(f"clock {skew} s off: trading is paused, and it says why", paused, session.text[-800:])
                check(f"clock {skew} s off: nothing was sent", not venue.info("historicalOrders"))
                session.control("stop")
                check(f"clock {skew} s off: it stops", session.wait(40) == 0, session.text[-500:])


def main():
    with Folder() as folder:
        disturbed(folder, "bad-json", "--fault", "bad-json@stream=0.01", "--fault", "bad-json@place=0.2")
        disturbed(folder, "disconnects", "--fault", "disconnect@stream=0.0005", "--fault", "disconnect-after@place=0.2")
        disturbed(folder, "errors", "--fault", "429@place=0.2", "--fault", "5xx@place=0.2", "--fault",
                  "5xx-after@place=0.2", "--fault", "answer-lost@cancel=0.2")
        disturbed(folder, "maintenance", "--maintenance", "4-6", seconds=8, minimum=0)
        disturbed(folder, "half-open", "--fault", "half-open@place=0.1", seconds=6, minimum=0)
        full_disk(folder)
        journals(folder)
        skewed(folder)
    finish()


main()

# SPDX-License-Identifier: Apache-2.0
"""From paper to live by what each mode has shown."""

from harness import *

PLAN = {"min_time": "2s", "min_days": 1, "min_uptime": 10, "max_findings": 100}


def main():
    with Folder() as folder, Venue(
        "--generate", "trend", "--speed", "1500", "--wait", "--history", "200", "--start", "2026-03-01"
    ) as venue:
        traded = {**PLAN, "min_round_trips": 1, "max_drawdown": 90, "max_difference": 1}
        config = configuration(
            {"hl": (venue, {})}, {"cross": crossing("hl", ["BTC", "ETH"])}, folder, live={"shutdown": "flatten"},
            promotion={"paper": traded, "dry_run": PLAN, "de_minimis": traded})

        def live():
            return Session(folder, config, "live", "--confirm-live", "--for", "3s", "--new", log="live.log")

        def promote(*words):
            return session.apus("promote", session.config, *words)

        for mode, following in (("paper", "dry-run"), ("dry-run", "de-minimis"), ("de-minimis", "live")):
            code, text = live().run(30)
            check(f"before {mode}: live is refused", code == 1 and "apus promote" in text, text[-500:])
            session = Session(folder, config, mode, "--for", "8s", "--new", log=f"{mode}.log")
            done = promote()
            check(f"{mode}: not earned yet", done.returncode == 1, done.stdout + done.stderr)
            code, text = session.run(60)
            check(f"{mode}: a session", code == 0, text[-800:])
            if mode != "dry-run":
                done = promote()
                check(f"{mode}: not before it was compared", done.returncode == 1 and "apus compare" in done.stdout,
                      done.stdout + done.stderr)
                done = session.apus("compare", session.journal)
                check(f"{mode}: compared", done.returncode == 0, done.stdout + done.stderr)
            if following == "live":
                done = promote()
                check("live asks for --yes", done.returncode == 1 and "--yes" in done.stdout + done.stderr,
                      done.stdout + done.stderr)
            done = promote(*(["--yes"] if following == "live" else []))
            check(f"{mode}: promoted to {following}", done.returncode == 0 and f"Promoted: {following}" in done.stdout,
                  done.stdout + done.stderr)
        code, text = live().run(40)
        check("live trades", code == 0 and "session, live, stopped" in text, text[-800:])
        check("and is flat at its end", not venue.positions(), venue.positions())
    finish()


main()

# SPDX-License-Identifier: Apache-2.0
"""What each mode does, what it refuses, and that no secret shows anywhere."""

from harness import *


def config_for(venue, folder, **settings):
    return configuration({"hl": (venue, settings)}, {"cross": crossing("hl", ["BTC", "ETH"])}, folder)


def refused(what, session, *words, status=1):
    code, text = session.run(40)
    check(what, code == status and all(word in text for word in words), (code, text[-800:]))


def dry_run(folder):
    with Venue("--generate", "trend", "--speed", "600", "--wait", "--history", "200", "--start", "2026-03-01") as venue:
        config = config_for(venue, folder)
        session = Session(folder, config, "dry-run", "--for", "6s", name="session")
        code, text = session.run(40)
        check("dry run: it ends", code == 0, text[-800:])
        summary = session.summary()
        check("dry run: it decides", summary["orders"] > 4 and summary["fills"] == 0, summary)
        check("dry run: the account is read", summary["equity"] == "1000", summary)
        check("dry run: the venue got nothing", not venue.info("historicalOrders") and not venue.fills())
        told = [e for e in session.entries() if "dry run: would" in e["fields"].get("text", "")]
        check("dry run: it says what it would do", told)
        end = venue.end()
        check("dry run: no signed action", end.get("actions") == 0, end)


def live(folder):
    with Venue("--generate", "trend", "--speed", "600", "--wait", "--history", "200", "--start", "2026-03-01") as venue:
        config = config_for(venue, folder)
        refused("live: refused without --confirm-live", Session(folder, config, "live", name="a"), "--confirm-live")
        refused("live: refused before its promotion", Session(folder, config, "live", "--confirm-live", name="a"),
                "apus promote", "--unpromoted")
        without = dict(config, limits={})
        refused("live: refused without limits",
                Session(folder, without, "live", "--confirm-live", "--unpromoted", name="a"),
                "limits.max_order_notional is not set", "limits.daily_loss is not set")
        check("live: nothing was sent so far", not venue.info("historicalOrders"))
        session = Session(folder, config, "live", "--confirm-live", "--unpromoted", name="live")
        with session:
            check("live: it trades", wait(lambda: len(venue.fills()) >= 4, 40), session.text[-800:])
            refused("a second process on the same journal", Session(folder, config, "live", "--confirm-live",
                    "--unpromoted", name="live", log="second.log"), "process")
            refused("a second process on the same account", Session(folder, config, "live", "--confirm-live",
                    "--unpromoted", name="other"), "account")
            session.control("kill", "--flatten", "--yes")
            wait(lambda: not venue.positions(), 15)
            session.control("stop")
            check("live: it stops", session.wait(40) == 0, session.text[-800:])
        compare_with_venue(session, venue, "live")
        promoted = json.load(open(os.path.join(folder.path, "journal", "live.sessions", sorted(
            os.listdir(os.path.join(folder.path, "journal", "live.sessions")))[0])))
        check("live: its summary is kept", promoted["fills"] == len(venue.fills()) and promoted["mode"] == "live",
              promoted)


def anew(folder):
    """A journal goes on when only the log differs, and is set aside once everything else was found in order."""
    journals = os.path.join(folder.path, "journal")

    def aside():
        return [name for name in os.listdir(journals) if name.startswith("anew.2")]

    with Venue("--generate", "trend", "--speed", "600", "--history", "200", "--start", "2026-03-01") as venue:
        config = config_for(venue, folder)
        code, text = Session(folder, config, "paper", "--for", "2s", name="anew").run(40)
        check("anew: it begins", code == 0, text[-800:])
        louder = dict(config, logging=dict(config.get("logging", {}), level="debug"))
        code, text = Session(folder, louder, "paper", "--for", "2s", name="anew", log="b.log").run(40)
        check("anew: it goes on with another level of its log", code == 0 and "going on with a journal" in text,
              text[-800:])
        other = json.loads(json.dumps(config))
        other["strategies"]["cross"]["markets"] = ["ETH"]
        refused("anew: refused with another market", Session(folder, other, "paper", name="anew", log="c.log"),
                "another configuration", "--new")
    refused("anew: refused without its venue", Session(folder, config, "paper", "--new", name="anew", log="d.log"),
            "does not answer")
    check("anew: the old journal stays", not aside() and os.path.isdir(os.path.join(journals, "anew")))
    with Venue("--generate", "trend", "--speed", "600", "--history", "200", "--start", "2026-03-01") as venue:
        code, text = Session(folder, config_for(venue, folder), "paper", "--new", "--for", "2s", name="anew",
                             log="e.log").run(40)
        check("anew: a new one begins", code == 0 and "is kept in" in text and len(aside()) == 1, (text[-800:], aside()))


def keys(folder):
    soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 3600))
    accounts = folder / "accounts.json"
    with open(accounts, "w") as file:
        json.dump({"accounts": [{"address": ACCOUNT, "balance": "1000",
                                 "agents": [{"address": OTHER_ACCOUNT, "name": "old", "validUntil": soon}]}]}, file)
    with Venue("--generate", "trend", "--speed", "600", "--accounts", accounts, account=None) as venue:
        config = config_for(venue, folder)
        refused("an expired agent", Session(folder, config, "de-minimis", "--for", "5s", name="b", key=OTHER_KEY),
                "not an agent", OTHER_ACCOUNT)
    with Venue("--generate", "trend", "--speed", "600") as venue:
        config = config_for(venue, folder)
        refused("a key of somebody else", Session(folder, config, "de-minimis", name="c", key=OTHER_KEY),
                "not an agent", OTHER_ACCOUNT)
        refused("no key at all", Session(folder, config, "de-minimis", name="d", key=""), "APUS_TEST_KEY")
        refused("half a key", Session(folder, config, "de-minimis", name="e", key=KEY[:40]), "credentials")
        wrong = config_for(venue, folder, account="0x" + "1" * 40)
        refused("another's account", Session(folder, wrong, "de-minimis", name="f"), "agent")
        other = json.loads(json.dumps(config))
        other["strategies"]["cross"]["markets"] = ["DOGE"]
        refused("a market that is not there", Session(folder, other, "paper", name="g"), "no market DOGE")
        broken = Session(folder, config, "paper", name="h")
        with open(broken.config, "w") as file:
            file.write('{"account": ')
        refused("a configuration that cannot be read", broken, "h.json")
        gone = Session(folder, config, "paper", name="i")
        os.unlink(gone.config)
        refused("a configuration that is not there", gone, "i.json")
        refused("a wrong mode", Session(folder, config, "lvie", name="j"), "Did you mean live", status=2)
        key_inside = json.loads(json.dumps(config))
        key_inside["venues"]["hl"]["credentials"] = KEY
        refused("a key in the configuration", Session(folder, key_inside, "paper", name="k"), "credentials")
        check("nobody traded", not venue.info("historicalOrders"))
    away = Session(folder, config, "paper", name="l")
    refused("a venue that is away", away, "does not answer", "venues.hl.url")


def secure(folder):
    made = subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", folder / "key.pem",
         "-out", folder / "chain.pem"], capture_output=True)
    if not check("a certificate", made.returncode == 0, made.stderr):
        return
    files = (folder / "chain.pem") + "," + (folder / "key.pem")
    with Venue("--generate", "trend", "--speed", "600", "--tls", files) as venue:
        refused("a certificate that nobody signed", Session(folder, config_for(venue, folder), "paper", name="m"),
                "certificate")
        trusted = config_for(venue, folder, ca_file=folder / "chain.pem")
        code, text = Session(folder, trusted, "paper", "--for", "2s", name="n").run(40)
        check("a certificate that is trusted", code == 0, text[-800:])


def secrets(folder):
    with Venue("--generate", "trend", "--speed", "600", "--wait", "--history", "200", "--start", "2026-03-01",
               "--fault", "5xx-after@place=0.2") as venue:
        config = config_for(venue, folder)
        config["logging"] = {"level": "debug", "stderr_level": "debug"}
        session = Session(folder, config, "de-minimis", "--record", folder / "traffic.log", "--for", "5s", name="secret")
        code, text = session.run(60)
        check("a session whose traffic is recorded", code == 0 and os.path.getsize(folder / "traffic.log") > 10_000,
              text[-500:])
        for words in (["replay", session.journal, "--verify"], ["replay", session.journal, "--explain", "1", "--json"],
                      ["compare", session.journal, "--json"], ["audit", "verify", session.journal]):
            done = session.apus(*words)
            with open(folder / "outputs.txt", "a") as file:
                file.write(done.stdout + done.stderr)
    forms = set()
    for key in (KEY, OTHER_KEY):
        digits = key[2:]
        forms |= {digits.lower().encode(), digits.upper().encode(), bytes.fromhex(digits)}
        forms |= {digits[i:i + 24].lower().encode() for i in range(0, 40)}
        forms |= {str(int(digits, 16)).encode()}
    found, searched = [], 0
    for root, _, names in os.walk(folder.path):
        for name in names:
            path = os.path.join(root, name)
            if not os.path.isfile(path) or name in ("k.json", "key.pem"):
                continue  # where the test itself put a key
            with open(path, "rb") as file:
                content = file.read()
            searched += len(content)
            lower = content.lower()
            for form in forms:
                if form in content or form in lower:
                    found.append((path, form[:6]))
    check(f"no secret in {searched} bytes of outputs, logs, journals, recordings and errors",
          not found and searched > 100_000, found)


def main():
    with Folder() as folder:
        dry_run(folder)
        live(folder)
        anew(folder)
        keys(folder)
        secure(folder)
        secrets(folder)
    finish()


main()

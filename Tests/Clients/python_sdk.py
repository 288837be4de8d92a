# SPDX-License-Identifier: Apache-2.0
"""The official Python SDK trades against venuesim, and is refused as the venue refuses: python_sdk.py VENUESIM"""

import logging
import sys
import time

import eth_account
import requests
from hyperliquid.exchange import Exchange
from hyperliquid.info import Info
from hyperliquid.utils.signing import get_timestamp_ms, sign_l1_action
from hyperliquid.utils.types import Cloid
from venue import Venue, check, finish, key, wait

logging.disable(logging.CRITICAL)

account = eth_account.Account.from_key(key("account"))
agent = eth_account.Account.from_key(key("agent"))
stranger = eth_account.Account.from_key(key("stranger"))

RESTING = {"limit": {"tif": "Gtc"}}


def statuses(answer):
    return answer["response"]["data"]["statuses"]


def main(program):
    options = [
        "--generate", "range", "--symbols", "BTC=60000,ETH=3000", "--seed", "5",
        "--account", f"{account.address}=10000", "--agent", f"{agent.address}={account.address}", "--no-limits",
    ]
    with Venue(program, *options) as venue:
        info = Info(venue.url)
        exchange = Exchange(account, venue.url)
        streams = subscribe(info)
        reads(info)
        placing(info, exchange)
        triggers(info, exchange)
        trading(info, exchange)
        agents(info, venue)
        refusals(info, exchange, venue)
        for name, messages in streams.items():
            check(f"stream {name}", wait(lambda m=messages: len(m) > 0), len(messages))
        fills = [fill for message in streams["userFills"] for fill in message["data"]["fills"]]
        check("fills of the stream are those of the query", wait(lambda: {f["tid"] for m in streams["userFills"]
              for f in m["data"]["fills"]} == {f["tid"] for f in info.user_fills(account.address)}), len(fills))
        updates = {u["status"] for m in streams["orderUpdates"] for u in m["data"]}
        check("order updates say open, canceled and filled", {"open", "canceled", "filled"} <= updates, updates)
        candle = streams["candle"][-1]["data"]
        check("a candle has its fields", {"t", "T", "s", "i", "o", "c", "h", "l", "v", "n"} <= set(candle), candle)
        info.disconnect_websocket()
    check("the venue counted fills", venue.summary.get("fills", 0) > 0, venue.summary)
    strict = ["--strict-cloids", "--refuse-small-close", "--ticks-one-by-one", "--greet", "--post-only", "4-600"]
    with Venue(program, *options, *strict) as venue:
        rules(venue, time.monotonic() + 4)


def subscribe(info):
    address = account.address
    wanted = {
        "allMids": {"type": "allMids"}, "l2Book": {"type": "l2Book", "coin": "BTC"},
        "trades": {"type": "trades", "coin": "BTC"}, "bbo": {"type": "bbo", "coin": "BTC"},
        "candle": {"type": "candle", "coin": "BTC", "interval": "1m"},
        "activeAssetCtx": {"type": "activeAssetCtx", "coin": "BTC"},
        "userEvents": {"type": "userEvents", "user": address}, "userFills": {"type": "userFills", "user": address},
        "orderUpdates": {"type": "orderUpdates", "user": address},
    }
    streams = {}
    for name, subscription in wanted.items():
        streams[name] = []
        info.subscribe(subscription, streams[name].append)
    wait(lambda: len(streams["l2Book"]) > 0)
    return streams


def reads(info):
    check("meta", [c["name"] for c in info.meta()["universe"]] == ["BTC", "ETH"], info.meta())
    book = info.l2_snapshot("BTC")
    bid, ask = (float(side[0]["px"]) for side in book["levels"])
    check("a book that is not crossed", 0 < bid < ask, book)
    now = int(time.time() * 1000)
    candles = info.candles_snapshot("BTC", "1m", now - 3_600_000, now)
    check("an hour of candles", 50 <= len(candles) <= 62, len(candles))
    check("an account's balance", float(info.user_state(account.address)["withdrawable"]) == 10000,
          info.user_state(account.address))
    check("mid prices", set(info.all_mids()) >= {"BTC", "ETH"}, info.all_mids())
    check("fees", "userCrossRate" in info.user_fees(account.address), info.user_fees(account.address))


def placing(info, exchange):
    price = round(float(info.all_mids()["BTC"]) * 0.9)
    answer = exchange.order("BTC", True, 0.001, price, RESTING)
    check("an order rests", "resting" in statuses(answer)[0], answer)
    oid = statuses(answer)[0]["resting"]["oid"]
    status = info.query_order_by_oid(account.address, oid)
    check("its status is open", status["status"] == "order" and status["order"]["status"] == "open", status)
    check("it is listed", oid in [o["oid"] for o in info.open_orders(account.address)])

    time.sleep(0.002)
    answer = exchange.modify_order(oid, "BTC", True, 0.002, price - 10, RESTING)
    check("it is modified", answer["status"] == "ok", answer)
    orders = info.open_orders(account.address)
    check("a modified order has a new number", len(orders) == 1 and orders[0]["oid"] != oid
          and float(orders[0]["sz"]) == 0.002, orders)
    time.sleep(0.002)
    answer = exchange.cancel("BTC", orders[0]["oid"])
    check("it is cancelled by its number", statuses(answer) == ["success"], answer)
    time.sleep(0.002)
    answer = exchange.cancel("BTC", orders[0]["oid"])
    check("not twice", statuses(answer) == [
        {"error": "Order was never placed, already canceled, or filled. asset=0"}] or
        "Order was never placed, already canceled, or filled" in str(statuses(answer)), answer)

    cloids = [Cloid.from_int(1000 + number) for number in range(3)]
    batch = [{"coin": "BTC" if number < 2 else "ETH", "is_buy": True, "sz": 0.01,
              "limit_px": price - number if number < 2 else 2500, "order_type": RESTING, "reduce_only": False,
              "cloid": cloid} for number, cloid in enumerate(cloids)]
    time.sleep(0.002)
    answer = exchange.bulk_orders(batch)
    check("a batch rests", len(statuses(answer)) == 3 and all("resting" in s for s in statuses(answer)), answer)
    status = info.query_order_by_cloid(account.address, cloids[2])
    check("found by its client id", status["order"]["order"]["cloid"] == cloids[2].to_raw(), status)
    time.sleep(0.002)
    answer = exchange.bulk_modify_orders_new([{"oid": cloids[0], "order": {**batch[0], "sz": 0.02}}])
    check("modified by client id", answer["status"] == "ok", answer)
    time.sleep(0.002)
    answer = exchange.cancel_by_cloid("BTC", cloids[0])
    check("cancelled by client id", statuses(answer) == ["success"], answer)
    time.sleep(0.002)
    answer = exchange.bulk_cancel_by_cloid([{"coin": "BTC", "cloid": cloids[1]}, {"coin": "ETH", "cloid": cloids[2]}])
    check("a batch is cancelled", statuses(answer) == ["success", "success"], answer)
    check("nothing is left", info.open_orders(account.address) == [], info.open_orders(account.address))


def triggers(info, exchange):
    mid = float(info.all_mids()["BTC"])
    entry, low, high = round(mid * 0.95), round(mid * 0.9), round(mid * 1.1)

    def trigger(price, kind):
        return {"trigger": {"isMarket": True, "triggerPx": price, "tpsl": kind}}

    orders = [
        {"coin": "BTC", "is_buy": True, "sz": 0.001, "limit_px": entry, "order_type": RESTING, "reduce_only": False},
        {"coin": "BTC", "is_buy": False, "sz": 0.001, "limit_px": high, "order_type": trigger(high, "tp"),
         "reduce_only": True},
        {"coin": "BTC", "is_buy": False, "sz": 0.001, "limit_px": low, "order_type": trigger(low, "sl"),
         "reduce_only": True},
    ]
    time.sleep(0.002)
    answer = exchange.bulk_orders(orders, grouping="normalTpsl")
    check("an entry with its children", "resting" in statuses(answer)[0]
          and statuses(answer)[1:] == ["waitingForFill", "waitingForFill"], answer)
    time.sleep(0.002)
    exchange.cancel("BTC", statuses(answer)[0]["resting"]["oid"])
    check("children end with their entry", wait(lambda: info.open_orders(account.address) == []),
          info.open_orders(account.address))

    time.sleep(0.002)
    answer = exchange.update_leverage(5, "BTC")
    check("leverage", answer == {"status": "ok", "response": {"type": "default"}}, answer)
    time.sleep(0.002)
    answer = exchange.market_open("BTC", True, 0.01)
    check("a market order fills", "filled" in statuses(answer)[0], answer)
    position = info.user_state(account.address)["assetPositions"][0]["position"]
    check("the position", position["szi"] == "0.01" and position["leverage"]["value"] == 5, position)
    time.sleep(0.002)
    answer = exchange.bulk_orders([{**o, "sz": 0.01} for o in orders[1:]], grouping="positionTpsl")
    check("a stop and a target for the position", answer["status"] == "ok" and "error" not in str(answer), answer)
    listed = info.frontend_open_orders(account.address)
    check("they are listed as triggers", len(listed) == 2 and all(o["isTrigger"] for o in listed), listed)
    time.sleep(0.002)
    answer = exchange.order("BTC", False, 0.01, low, trigger(round(mid * 1.05), "sl"), reduce_only=True)
    check("a stop that would fire at once", "Invalid TP/SL price" in str(answer), answer)


def trading(info, exchange):
    time.sleep(0.002)
    answer = exchange.market_close("BTC")
    check("the position is closed", "filled" in statuses(answer)[0], answer)
    check("its triggers end with it", wait(lambda: info.open_orders(account.address) == []),
          info.open_orders(account.address))
    fills = info.user_fills(account.address)
    check("two fills with fees", len(fills) >= 2 and all(float(f["fee"]) > 0 and f["crossed"] for f in fills), fills)
    value = float(info.user_state(account.address)["marginSummary"]["accountValue"])
    expected = 10000 + sum(float(f["closedPnl"]) - float(f["fee"]) for f in fills)
    check("the balance is what the fills say", abs(value - expected) < 1e-6, (value, expected))
    time.sleep(0.002)
    answer = exchange.usd_class_transfer(100, False)
    check("money moves to spot (a user-signed action)", answer["status"] == "ok", answer)
    time.sleep(0.002)
    answer = exchange.order("ETH", True, 0.1, 1000.0, {"limit": {"tif": "Ioc"}})
    check("nothing to meet", "could not immediately match" in str(answer), answer)


def agents(info, venue):
    helper = Exchange(agent, venue.url, account_address=account.address)
    answer = helper.order("ETH", True, 0.01, 2500.0, RESTING)
    check("an agent's order rests", "resting" in statuses(answer)[0], answer)
    check("it is the account's", len(info.open_orders(account.address)) == 1)
    check("the agent's own address is empty", info.open_orders(agent.address) == []
          and float(info.user_state(agent.address)["withdrawable"]) == 0, info.user_state(agent.address))
    time.sleep(0.002)
    answer = helper.cancel("ETH", statuses(answer)[0]["resting"]["oid"])
    check("an agent cancels", statuses(answer) == ["success"], answer)
    time.sleep(0.002)
    answer = helper.usd_transfer(1, stranger.address)
    check("an agent moves no money", answer["status"] == "err", answer)
    for what, ask in [
        ("transfer to a sub-account", lambda: helper.sub_account_transfer(stranger.address, True, 1_000_000)),
        ("sub-account", lambda: helper.create_sub_account("x")), ("referrer", lambda: helper.set_referrer("ABC")),
        ("transfer to a vault", lambda: helper.vault_usd_transfer(stranger.address, True, 1_000_000)),
    ]:
        time.sleep(0.002)
        answer = ask()
        check(f"an agent signs no {what}", answer["status"] == "err" and "Must deposit" in answer["response"], answer)
    answer, secret = Exchange(account, venue.url).approve_agent("second")
    check("another agent is approved", answer["status"] == "ok", answer)
    second = Exchange(eth_account.Account.from_key(secret), venue.url, account_address=account.address)
    answer = second.update_leverage(3, "ETH")
    check("and may sign", answer["status"] == "ok", answer)


def rules(venue, upgraded):
    """The rules that the documents leave open, each the other way, and the time after an upgrade."""
    info = Info(venue.url)
    exchange = Exchange(account, venue.url)
    mids = []
    info.subscribe({"type": "allMids"}, mids.append)
    name = Cloid.from_int(9)
    first = exchange.order("ETH", True, 0.01, 2500.0, RESTING, cloid=name)
    time.sleep(0.002)
    again = exchange.order("ETH", True, 0.01, 2500.0, RESTING, cloid=name)
    time.sleep(0.002)
    exchange.cancel_by_cloid("ETH", name)
    time.sleep(0.002)
    later = exchange.order("ETH", True, 0.01, 2500.0, RESTING, cloid=name)
    check("a client id is used once", "resting" in statuses(first)[0] and "already used" in str(statuses(again))
          and "already used" in str(statuses(later)), (first, again, later))
    time.sleep(0.002)
    good, bad = [
        {"coin": "BTC", "is_buy": True, "sz": 0.001, "limit_px": price, "order_type": RESTING, "reduce_only": False}
        for price in (50000, 50000.5)]
    answer = exchange.bulk_orders([good, bad])
    check("one order off the tick is refused alone", "resting" in statuses(answer)[0]
          and "tick size" in str(statuses(answer)[1]), answer)
    check("a stream that begins with a greeting goes on", wait(lambda: len(mids) > 0), len(mids))
    time.sleep(max(0.0, upgraded - time.monotonic()) + 1.0)
    answer = exchange.order("BTC", True, 0.001, 50000, RESTING)
    check("after an upgrade a plain order is refused", "Only post-only orders allowed" in str(statuses(answer)), answer)
    time.sleep(0.002)
    answer = exchange.order("BTC", True, 0.001, 50000, {"limit": {"tif": "Alo"}})
    check("and a post-only one rests", "resting" in statuses(answer)[0], answer)
    info.disconnect_websocket()


def refusals(info, exchange, venue):
    answer = Exchange(stranger, venue.url).order("BTC", True, 0.001, 50000, RESTING)
    check("a wrong signature names the address that it gives", answer["status"] == "err"
          and f"User or API Wallet {stranger.address.lower()} does not exist" in answer["response"], answer)

    action = {"type": "cancel", "cancels": [{"a": 0, "o": 1}]}
    nonce = get_timestamp_ms()
    signature = sign_l1_action(account, action, None, nonce, None, False)
    body = {"action": action, "nonce": nonce, "signature": signature, "vaultAddress": None}
    first = requests.post(venue.url + "/exchange", json=body, timeout=5).json()
    again = requests.post(venue.url + "/exchange", json=body, timeout=5).json()
    check("a nonce serves once", first["status"] == "ok" and again["status"] == "err"
          and "nonce" in again["response"].lower(), (first, again))
    body["nonce"] = nonce + 1
    tampered = requests.post(venue.url + "/exchange", json=body, timeout=5).json()
    check("what was changed after signing has another signer", tampered["status"] == "err"
          and "does not exist" in tampered["response"] and account.address.lower() not in tampered["response"], tampered)
    mainnet = sign_l1_action(account, action, None, nonce + 2, None, True)
    answer = requests.post(venue.url + "/exchange", json={**body, "nonce": nonce + 2, "signature": mainnet},
                           timeout=5).json()
    check("a signature for the main network is another signer's", "does not exist" in str(answer), answer)
    old = nonce - 4 * 86_400_000
    signature = sign_l1_action(account, action, None, old, None, False)
    answer = requests.post(venue.url + "/exchange", json={**body, "nonce": old, "signature": signature},
                           timeout=5).json()
    check("a nonce of last week is refused", answer["status"] == "err", answer)
    expires = nonce - 1000
    signature = sign_l1_action(account, action, None, nonce + 5, expires, False)
    answer = requests.post(venue.url + "/exchange", timeout=5, json={
        **body, "nonce": nonce + 5, "signature": signature, "expiresAfter": expires}).json()
    check("an expired request is refused", answer["status"] == "err", answer)

    time.sleep(0.01)
    answer = exchange.order("BTC", True, 0.001, 50000.5, RESTING)
    check("off the tick", "Price must be divisible by tick size" in str(statuses(answer)), answer)
    time.sleep(0.002)
    answer = exchange.order("BTC", True, 0.0001, 50000, RESTING)
    check("below ten dollars", "Order must have minimum value of $10" in str(statuses(answer)), answer)
    time.sleep(0.002)
    answer = exchange.order("BTC", True, 0.001, 70000, {"limit": {"tif": "Alo"}})
    check("post-only that would match", "Post only order would have immediately matched, bbo was" in str(answer), answer)
    time.sleep(0.002)
    answer = exchange.order("BTC", False, 0.001, 70000, RESTING, reduce_only=True)
    check("reduce-only without a position", "Reduce only order would increase position" in str(answer), answer)
    time.sleep(0.002)
    answer = exchange.order("BTC", True, 100, 59000, RESTING)
    check("more than the margin", "Insufficient margin to place order" in str(answer), answer)
    good = {"coin": "BTC", "is_buy": True, "sz": 0.001, "limit_px": 50000, "order_type": RESTING,
            "reduce_only": False}
    time.sleep(0.002)
    answer = exchange.bulk_orders([good, {**good, "limit_px": 50000.5}, good])
    check("one error stands for a whole batch", len(statuses(answer)) == 1 and "error" in statuses(answer)[0], answer)
    check("nothing of it rests", info.open_orders(account.address) == [], info.open_orders(account.address))
    time.sleep(0.002)
    answer = exchange.schedule_cancel(int(time.time() * 1000) + 10_000)
    check("no dead-man switch without volume",
          "Cannot set scheduled cancel time until enough volume traded" in str(answer), answer)
    answer = requests.post(venue.url + "/info", json={"type": "nonsense"}, timeout=5)
    check("an unknown question gets 422 and plain text", answer.status_code == 422
          and "Failed to deserialize" in answer.text, (answer.status_code, answer.text))
    check("an unknown order", info.query_order_by_oid(account.address, 1) == {"status": "unknownOid"})


main(sys.argv[1])
finish()

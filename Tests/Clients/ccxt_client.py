# SPDX-License-Identifier: Apache-2.0
"""ccxt trades against venuesim, over HTTP and over its streams: ccxt_client.py VENUESIM"""

import asyncio
import sys
import time

import ccxt
import ccxt.pro
import eth_account
from venue import Venue, check, finish, key

account = eth_account.Account.from_key(key("account"))
agent = eth_account.Account.from_key(key("agent"))
stranger = eth_account.Account.from_key(key("stranger"))

BTC = "BTC/USDC:USDC"
ETH = "ETH/USDC:USDC"


def client(kind, url, wallet=account, address=account.address):
    exchange = kind({
        "walletAddress": address, "privateKey": "0x" + wallet.key.hex().removeprefix("0x"), "enableRateLimit": False,
        # Builders' fees need their consent, and other dexes' markets are not simulated.
        "options": {"builderFee": False, "approvedBuilderFee": False, "fetchMarkets": {"types": ["swap", "spot"]}},
    })
    exchange.set_sandbox_mode(True)
    exchange.urls["api"] = {"public": url, "private": url, "ws": {"public": "ws" + url[4:] + "/ws"}}
    return exchange


def raises(error, text, action):
    try:
        answer = action()
    except error as problem:
        return check(f"refused: {text}", text in str(problem), str(problem))
    except Exception as problem:  # another kind than the venue's refusal is a finding
        return check(f"refused: {text}", False, repr(problem))
    return check(f"refused: {text}", False, answer)


def main(program):
    options = [
        "--generate", "range", "--symbols", "BTC=60000,ETH=3000", "--seed", "6", "--no-limits",
        "--account", f"{account.address}=10000", "--agent", f"{agent.address}={account.address}",
    ]
    with Venue(program, *options) as venue:
        exchange = client(ccxt.hyperliquid, venue.url)
        reads(exchange)
        trades(exchange)
        refusals(exchange, venue.url)
        asyncio.run(streams(venue.url))


def reads(exchange):
    markets = exchange.load_markets()
    check("markets", BTC in markets and ETH in markets, list(markets))
    check("what ccxt makes of the precision", markets[BTC]["precision"]["amount"] == 1e-5, markets[BTC]["precision"])
    book = exchange.fetch_order_book(BTC)
    check("a book", len(book["bids"]) == 20 and book["bids"][0][0] < book["asks"][0][0], book)
    candles = exchange.fetch_ohlcv(BTC, "1m", limit=30)
    check("candles", len(candles) >= 30 and all(len(c) == 6 for c in candles), len(candles))
    ticker = exchange.fetch_tickers([BTC])[BTC]
    check("a ticker", 50000 < ticker["last"] < 70000, ticker)
    balance = exchange.fetch_balance()
    check("a balance", balance["USDC"]["total"] == 10000, balance["USDC"])


def pause():
    time.sleep(0.003)


def trades(exchange):
    mid = exchange.fetch_order_book(BTC)["bids"][0][0]
    low = round(mid * 0.9)
    order = exchange.create_order(BTC, "limit", "buy", 0.001, low)
    check("a limit order", order["id"] is not None and order["status"] in ("open", None), order)
    found = exchange.fetch_order(order["id"], BTC)
    check("it is open", found["status"] == "open" and found["price"] == low, found)
    pause()
    exchange.edit_order(order["id"], BTC, "limit", "buy", 0.002, low - 10)
    orders = exchange.fetch_open_orders(BTC)
    check("it is edited", len(orders) == 1 and orders[0]["amount"] == 0.002, orders)
    pause()
    cancelled = exchange.cancel_order(orders[0]["id"], BTC)
    check("it is cancelled", exchange.fetch_open_orders(BTC) == [], cancelled)

    ids = ["0x" + f"{number:032x}" for number in (21, 22)]
    pause()
    batch = exchange.create_orders([
        {"symbol": BTC, "type": "limit", "side": "buy", "amount": 0.001, "price": low - n,
         "params": {"clientOrderId": ids[n]}} for n in range(2)])
    check("a batch", len(batch) == 2 and all(o["id"] for o in batch), batch)
    pause()
    exchange.cancel_orders([], BTC, {"clientOrderId": ids})
    check("cancelled by client ids", exchange.fetch_open_orders(BTC) == [])

    pause()
    exchange.set_leverage(4, BTC, {"marginMode": "cross"})
    pause()
    bought = exchange.create_order(BTC, "market", "buy", 0.01, mid)
    check("a market order", bought["filled"] == 0.01, bought)
    position = exchange.fetch_positions([BTC])[0]
    check("a position", position["contracts"] == 0.01 and position["side"] == "long", position)
    check("with its leverage", float(position["leverage"]) == 4, position)
    pause()
    stop = exchange.create_order(BTC, "market", "sell", 0.01, round(mid * 0.9), {
        "stopLossPrice": round(mid * 0.9), "reduceOnly": True})
    pause()
    target = exchange.create_order(BTC, "limit", "sell", 0.01, round(mid * 1.1), {
        "takeProfitPrice": round(mid * 1.1), "reduceOnly": True})
    orders = exchange.fetch_open_orders(BTC)
    check("a stop and a target", {o["id"] for o in orders} == {stop["id"], target["id"]}, orders)
    pause()
    exchange.cancel_orders([stop["id"], target["id"]], BTC)
    pause()
    closed = exchange.create_order(BTC, "market", "sell", 0.01, mid, {"reduceOnly": True})
    check("closed again", closed["filled"] == 0.01 and exchange.fetch_positions([BTC]) == [], closed)
    fills = exchange.fetch_my_trades(BTC)
    check("fills with fees", len(fills) >= 2 and all(f["fee"]["cost"] > 0 for f in fills), fills)
    pause()
    both = exchange.create_orders([{
        "symbol": ETH, "type": "limit", "side": "buy", "amount": 0.1, "price": 2500,
        "params": {"stopLoss": {"triggerPrice": 2000, "type": "market"},
                   "takeProfit": {"triggerPrice": 4000, "type": "market"}}}])
    check("an entry with stop and target", both[0]["id"] is not None, both)
    pause()
    exchange.cancel_order(both[0]["id"], ETH)


def refusals(exchange, url):
    mid = exchange.fetch_order_book(BTC)["bids"][0][0]
    pause()
    raises(ccxt.InvalidOrder, "minimum value of $10", lambda: exchange.create_order(BTC, "limit", "buy", 0.0001, 50000))
    pause()
    raises(ccxt.BaseError, "Post only order would have immediately matched", lambda: exchange.create_order(
        BTC, "limit", "buy", 0.001, round(mid * 1.01), {"postOnly": True}))
    pause()
    raises(ccxt.BaseError, "Reduce only order would increase position", lambda: exchange.create_order(
        BTC, "limit", "sell", 0.001, round(mid * 1.1), {"reduceOnly": True}))
    pause()
    raises(ccxt.BaseError, "Insufficient margin", lambda: exchange.create_order(BTC, "limit", "buy", 50, round(mid * 0.9)))
    other = client(ccxt.hyperliquid, url, wallet=stranger, address=stranger.address)
    other.load_markets()
    raises(ccxt.BaseError, stranger.address.lower(), lambda: other.create_order(BTC, "limit", "buy", 0.001, 50000))
    helper = client(ccxt.hyperliquid, url, wallet=agent)
    helper.load_markets()
    order = helper.create_order(BTC, "limit", "buy", 0.001, round(mid * 0.9))
    check("an agent orders for the account", order["id"] in [o["id"] for o in exchange.fetch_open_orders(BTC)], order)
    pause()
    helper.cancel_order(order["id"], BTC)
    seen = client(ccxt.hyperliquid, url, wallet=agent, address=agent.address)
    check("an agent's own address is empty", not seen.fetch_balance().get("USDC", {}).get("total"))


async def streams(url):
    exchange = client(ccxt.pro.hyperliquid, url)
    try:
        await exchange.load_markets()

        async def soon(what):
            return await asyncio.wait_for(what, 15)

        book = await soon(exchange.watch_order_book(BTC))
        check("stream: a book", book["bids"][0][0] < book["asks"][0][0], book)
        check("stream: trades", len(await soon(exchange.watch_trades(BTC))) > 0)
        check("stream: candles", len(await soon(exchange.watch_ohlcv(BTC, "1m"))) > 0)
        check("stream: tickers", BTC in await soon(exchange.watch_tickers([BTC])))
        orders = asyncio.ensure_future(exchange.watch_orders(BTC))
        fills = asyncio.ensure_future(exchange.watch_my_trades(BTC))
        await asyncio.sleep(0.3)
        low = round(book["bids"][0][0] * 0.9)
        order = await soon(exchange.create_order(BTC, "limit", "buy", 0.001, low))
        seen = await soon(orders)
        check("stream: its own order", order["id"] in [o["id"] for o in seen], seen)
        await soon(exchange.cancel_order(order["id"], BTC))
        await soon(exchange.create_order(BTC, "market", "buy", 0.001, book["asks"][0][0]))
        seen = await soon(fills)
        check("stream: its own fills", seen[-1]["amount"] > 0, seen)
        # ccxt can send orders over the stream as well.
        order = await soon(exchange.create_order_ws(BTC, "limit", "buy", 0.001, low))
        check("an order over the stream", order["id"] is not None, order)
        await soon(exchange.edit_order_ws(order["id"], BTC, "limit", "buy", 0.002, low))
        left = await soon(exchange.fetch_open_orders(BTC))
        check("edited over the stream", [o["amount"] for o in left] == [0.002], left)
        await soon(exchange.cancel_order_ws(left[0]["id"], BTC))
        check("cancelled over the stream", await soon(exchange.fetch_open_orders(BTC)) == [])
    finally:
        await exchange.close()


main(sys.argv[1])
finish()

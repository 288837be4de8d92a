# SPDX-License-Identifier: Apache-2.0
"""A server that has nothing to do with libwebsockets, for the client's test: prints its port, ends by itself."""

import asyncio

from aiohttp import WSMsgType, web


async def stream(request):
    socket = web.WebSocketResponse(heartbeat=1.0)
    await socket.prepare(request)
    async for message in socket:
        if message.type != WSMsgType.TEXT:
            continue
        if message.data == "close":
            await socket.close(code=4001, message=b"as asked")
        else:
            await socket.send_str(message.data)
    return socket


async def question(request):
    body = await request.text()
    status = int(request.query.get("status", "200"))
    headers = {"Retry-After": "2"} if status == 429 else {}
    # In pieces, without a length.
    response = web.StreamResponse(status=status, headers=headers)
    await response.prepare(request)
    for piece in (body[: len(body) // 2], body[len(body) // 2 :]):
        await response.write(piece.encode())
    await response.write_eof()
    return response


async def main():
    application = web.Application()
    application.add_routes([web.get("/ws", stream), web.post("/info", question)])
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(site._server.sockets[0].getsockname()[1], flush=True)
    await asyncio.sleep(60)
    await runner.cleanup()


asyncio.run(main())

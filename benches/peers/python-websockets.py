"""The contract of a peer on Python's `websockets`, with its default settings: its `broadcast` for each message. As fast as
messages are taken, it holds back while anything that it sent is still waiting in this process."""

import argparse
import asyncio
import time

from websockets.asyncio.server import broadcast, serve

parser = argparse.ArgumentParser()
parser.add_argument("--subscribers", type=int, required=True)
parser.add_argument("--messages", type=int, required=True)
parser.add_argument("--rate", type=int, required=True)
asked = parser.parse_args()

subscribers = set()
everyone_is_here = asyncio.Event()


def message(n):
    head = f'{{"kind":"event","match":"fan-out","n":{n},"sent":{time.monotonic_ns()},"text":"'
    return head.ljust(398, ".") + '"}'


def waiting():
    return any(subscriber.transport.get_write_buffer_size() for subscriber in subscribers)


async def publish():
    await everyone_is_here.wait()
    start = time.monotonic()
    for n in range(1, asked.messages + 1):
        if asked.rate:
            await asyncio.sleep(start + n / asked.rate - time.monotonic())
        else:
            await asyncio.sleep(0)
            while waiting():
                await asyncio.sleep(0)
        broadcast(subscribers, message(n))


async def subscriber(socket):
    subscribers.add(socket)
    if len(subscribers) == asked.subscribers:
        everyone_is_here.set()
    await socket.wait_closed()


async def main():
    async with serve(subscriber, "127.0.0.1", 0) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await publish()
        await server.serve_forever()


asyncio.run(main())

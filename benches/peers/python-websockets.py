"""A peer on Python's `websockets` with default settings: one `broadcast` per message. In a burst it waits
while any of its sent bytes are still buffered in this process."""

import argparse
import asyncio
import time

from websockets.asyncio.server import broadcast, serve

parser = argparse.ArgumentParser()
parser.add_argument("--subscribers", type=int, required=True)
parser.add_argument("--messages", type=int, required=True)
parser.add_argument("--rate", type=int, required=True)
args = parser.parse_args()

subscribers = set()
all_subscribed = asyncio.Event()


def message(n):
    head = f'{{"kind":"event","match":"fan-out","n":{n},"sent":{time.monotonic_ns()},"text":"'
    return head.ljust(398, ".") + '"}'


def has_pending_bytes():
    return any(subscriber.transport.get_write_buffer_size() for subscriber in subscribers)


async def publish():
    await all_subscribed.wait()
    start = time.monotonic()
    for n in range(1, args.messages + 1):
        if args.rate:
            await asyncio.sleep(start + n / args.rate - time.monotonic())
        else:
            await asyncio.sleep(0)
            while has_pending_bytes():
                await asyncio.sleep(0)
        broadcast(subscribers, message(n))


async def subscriber(socket):
    subscribers.add(socket)
    if len(subscribers) == args.subscribers:
        all_subscribed.set()
    await socket.wait_closed()


async def main():
    async with serve(subscriber, "127.0.0.1", 0) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await publish()
        await server.serve_forever()


asyncio.run(main())

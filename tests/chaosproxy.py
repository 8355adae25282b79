# SPDX-License-Identifier: Apache-2.0
"""A bad network between kiosks and their service: a proxy for HTTP/1.1 that
refuses, delays, drops requests, drops answers, resets, half-opens, truncates,
repeats and delivers long after nobody waits any more, at random by a seed.

    chaosproxy.py SEED TARGET_PORT COUNT

listens on COUNT ports of the kernel's choice and prints them on a line. A line
"calm" on its standard input ends all trouble; "calm" is printed when all that
was under way has arrived. The end of its input ends it. It then prints a line
of JSON: "served", how often it did what; and "answers", of each question that
the service answered [whether the proxy had repeated it, its body in base64,
the status, the answer], whatever became of the answer afterwards."""
import asyncio
import base64
import contextlib
import json
import random
import socket
import struct
import sys

FAULTS = ("delay", "slow answer", "drop request", "drop answer", "reset",
          "half-open", "truncate", "cut request", "twice", "copy", "late")
HELD_S = 2.0        # a half-open connection; a kiosk gives up long before
LATE_S = 1.5        # at most; the next visitor is there long before


class Proxy:
    def __init__(self, seed, target):
        self.seed, self.target = seed, target
        self.calm = False
        self.served = dict.fromkeys(FAULTS + ("nothing", "refuse"), 0)
        self.under_way = 0      # requests that may still reach the service
        self.tasks = set()      # one that nobody holds may be collected
        self.answers = []
        self.has_repeated = False

    def pick(self, dice, request):
        if self.calm:
            return "nothing"
        # One question at least, whatever the dice say.
        if not self.has_repeated and is_question(request):
            return "twice"
        return "nothing" if dice.random() < .6 else dice.choice(FAULTS)

    async def serve(self, dice, reader, writer):
        try:
            if not self.calm and dice.random() < .08:
                self.served["refuse"] += 1
                return reset(writer)
            while await self.one(dice, reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError, ValueError):
            pass
        finally:
            writer.close()

    async def one(self, dice, reader, writer):
        """A request and its answer; False: the connection is over."""
        request = await message(reader)
        if request is None:
            return False
        fault = self.pick(dice, request)
        self.served[fault] += 1
        if fault == "half-open":
            await asyncio.sleep(HELD_S)
            return False
        with self.counted():
            answer = await self.deliver(dice, fault, request)
        if answer is None:
            return False
        if fault == "reset":
            return reset(writer)
        if fault == "slow answer":
            await asyncio.sleep(dice.random() * .4)
        elif fault == "truncate":
            writer.write(answer[:dice.randrange(len(answer))])
            await writer.drain()
            return False
        writer.write(answer)
        await writer.drain()
        return True

    async def deliver(self, dice, fault, request):
        """To the service; the answer, if the kiosk is to have one."""
        if fault == "delay":
            await asyncio.sleep(dice.random() * .4)
        elif fault == "drop request":
            await asyncio.sleep(dice.random() * .3)
            return None
        elif fault == "cut request":
            await self.forward(request[:dice.randrange(len(request))], True)
            return None
        elif fault in ("copy", "late"):
            self.send_later(dice.random() * LATE_S, request, fault == "copy")
            if fault == "late":
                return None
        answer = await self.forward(request)
        if fault == "twice":
            first, answer = answer, await self.forward(request, repeated=True)
            self.has_repeated |= is_question(request) and \
                is_good(first) and is_good(answer)
        return None if fault == "drop answer" else answer

    def send_later(self, delay, request, repeated):
        async def send():
            with self.counted():
                await asyncio.sleep(delay)
                await self.forward(request, repeated=repeated)

        self.hold(asyncio.create_task(send()))

    def hold(self, task):
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    @contextlib.contextmanager
    def counted(self):
        self.under_way += 1
        try:
            yield
        finally:
            self.under_way -= 1

    async def forward(self, request, cut=False, repeated=False):
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1",
                                                           self.target)
        except OSError:
            return None
        try:
            writer.write(request)
            await writer.drain()
            answer = None if cut else await message(reader)
        except (OSError, asyncio.IncompleteReadError):
            return None
        finally:
            writer.close()
        if answer is not None and is_question(request):
            self.answers.append((repeated, request, answer))
        return answer

    async def settled(self):
        while self.under_way:
            await asyncio.sleep(.01)

    def record(self):
        answers = []
        for repeated, request, answer in self.answers:
            body = request.partition(b"\r\n\r\n")[2]
            text = answer.partition(b"\r\n\r\n")[2]
            answers.append((repeated, base64.b64encode(body).decode(),
                            status_of(answer), text.decode()))
        return json.dumps({"served": self.served, "answers": answers})


def is_question(request):
    return request.startswith(b"POST /v1/ask ")


def status_of(answer):
    return int(answer.split(b" ", 2)[1])


def is_good(answer):
    return answer is not None and status_of(answer) == 200


def reset(writer):
    """What the peer sees as ECONNRESET."""
    writer.get_extra_info("socket").setsockopt(
        socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
    return False


async def message(reader):
    """One whole HTTP message with a Content-Length, or None at the end."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as e:
        if e.partial:
            raise
        return None
    length = 0
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            length = int(value)
    return head + await reader.readexactly(length)


async def listen(proxy, number):
    dice = random.Random("%s door %d" % (proxy.seed, number))

    async def connected(reader, writer):
        proxy.hold(asyncio.current_task())
        await proxy.serve(random.Random(dice.random()), reader, writer)

    return await asyncio.start_server(connected, "127.0.0.1", 0,
                                      limit=1 << 24)


async def main(seed, target, count):
    proxy = Proxy(seed, target)
    servers = [await listen(proxy, i) for i in range(count)]
    print(*[s.sockets[0].getsockname()[1] for s in servers], flush=True)
    orders = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    while True:
        line = await orders.readline()
        if not line:
            break
        proxy.calm = line.strip() == b"calm"
        if proxy.calm:
            await proxy.settled()
            print("calm", flush=True)
    print(proxy.record(), flush=True)
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))

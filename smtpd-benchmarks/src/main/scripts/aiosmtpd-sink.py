"""aiosmtpd as a server that discards. Argument: a port."""
import asyncio
import sys

from aiosmtpd.smtp import SMTP


class Discarding:
    async def handle_DATA(self, server, session, envelope):
        return '250 OK'


async def main():
    handler = Discarding()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(handler, hostname='bench.example.org', data_size_limit=64 << 20, timeout=600,
                     enable_SMTPUTF8=True, command_call_limit=1 << 40),
        '127.0.0.1', int(sys.argv[1]), backlog=4096)
    await server.serve_forever()


asyncio.run(main())

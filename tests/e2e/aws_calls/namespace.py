"""Runs commands in a network of their own, and records each DNS question and each connection to the world outside.

`unshare --net --mount python namespace.py PLAN`, where PLAN is a JSON file: `commands` (each `arguments` and
`environment`), `names` (the hosts of the stack) and `report` (the file for the recording). This process is the DNS
server, and it answers every other name with an address that it listens on itself, so that a connection that leaves the
stack is seen and not only its question. The servers of the stack are fakes, but for the one that refuses: it is
the gateway's.
"""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from esb_gateway.not_in_this_stack.answers import answer
from esb_gateway.not_in_this_stack.http2_refusal import RefusingConnection
from esb_wire.http.listener import listening
from esb_wire.http.sockets import bind

HERE, WORLD, METADATA = "127.0.0.1", "127.0.0.66", "169.254.169.254"
LOST = (
    b"HTTP/1.1 %s\r\nContent-Type: application/xml\r\nx-amz-bucket-region: eu-west-1\r\n"
    b"Location: https://files.s3.eu-west-1.amazonaws.com/key\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s"
)
MOVED = b"<Error><Code>%s</Code><Message>m</Message><Endpoint>files.s3.eu-west-1.amazonaws.com</Endpoint></Error>"


class Dns(asyncio.DatagramProtocol):
    """RFC 1035, as far as a question for one name needs it."""

    def __init__(self, names: set[str], asked: list[str]) -> None:
        self.names, self.asked = names, asked

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, address: Any) -> None:
        labels, at = [], 12
        while length := data[at]:
            labels.append(data[at + 1 : at + 1 + length].decode().lower())
            at += length + 1
        name, kind = ".".join(labels), data[at + 1 : at + 3]
        self.asked.append(name)
        target = HERE if name in self.names else WORLD
        found = kind == b"\x00\x01"
        record = b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x01\x00\x04" + socket.inet_aton(target) if found else b""
        head = data[:2] + b"\x81\x80\x00\x01" + (b"\x00\x01" if found else b"\x00\x00") + b"\x00\x00\x00\x00"
        self.transport.sendto(head + data[12 : at + 5] + record, address)


async def run(plan: dict[str, Any]) -> dict[str, list[Any]]:
    loop = asyncio.get_running_loop()
    asked: list[str] = []
    left: list[str] = []
    outputs: list[str] = []
    await loop.create_datagram_endpoint(lambda: Dns(set(plan["names"]), asked), local_addr=(HERE, 53))

    def outside(where: str) -> Any:
        async def accepted(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            left.append(where)
            writer.close()

        return accepted

    async def storage(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        code, status = (
            (b"TemporaryRedirect", b"307 Temporary Redirect")
            if b"temporary" in head
            else (b"PermanentRedirect", b"301 Moved Permanently")
        )
        body = MOVED % code
        writer.write(LOST % (status, len(body), body))
        await writer.drain()
        writer.close()

    async def fine(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}")
        await writer.drain()
        writer.close()

    for port in (80, 443, 5432):
        await asyncio.start_server(outside(f"{WORLD}:{port}"), WORLD, port)
        await asyncio.start_server(outside(f"{METADATA}:{port}"), METADATA, port)
    await asyncio.start_server(storage, HERE, 9000)
    await asyncio.start_server(fine, HERE, 8080)
    async with listening(answer, bind(HERE, 9002), connection=RefusingConnection):
        commands = [
            await asyncio.create_subprocess_exec(
                *each["arguments"], env=each["environment"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
            )
            for each in plan["commands"]
        ]
        for command in commands:
            output, _ = await command.communicate()
            outputs.append(f"exit code {command.returncode}: {output.decode(errors='replace')[-2000:]}")
    return {"asked": sorted(set(asked)), "left": left, "outputs": outputs}


def main() -> None:
    plan = json.loads(Path(sys.argv[1]).read_text())
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    files = {"/etc/resolv.conf": f"nameserver {HERE}\noptions timeout:1 attempts:1\n", "/etc/hosts": ""}
    files["/etc/nsswitch.conf"] = "hosts: files dns\n"
    with tempfile.TemporaryDirectory() as folder:
        for path, text in files.items():
            own = Path(folder) / Path(path).name
            own.write_text(text)
            subprocess.run(["mount", "--bind", str(own), path], check=True)
        for command in ("link set lo up", f"address add {METADATA}/32 dev lo"):
            subprocess.run(["ip", *command.split()], check=True)
        report = asyncio.run(run(plan))
    Path(plan["report"]).write_text(json.dumps(report))


if __name__ == "__main__":
    main()

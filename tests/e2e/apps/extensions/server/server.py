"""A server that knows nothing of Lambda."""

import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.answer(200, f"{os.getpid()} got {self.path}".encode())

    def do_POST(self) -> None:
        self.answer(201, self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()

"""A fake VictoriaLogs: `log_server.py SECONDS` prints its port, accepts inserts and answers each after SECONDS."""

import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Insert(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        time.sleep(float(sys.argv[1]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        return


server = ThreadingHTTPServer(("127.0.0.1", 0), Insert)
sys.stdout.write(f"listening on {server.server_port}\n")
sys.stdout.flush()
server.serve_forever()

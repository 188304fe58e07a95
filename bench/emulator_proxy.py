"""The proxy in front of the emulator, as in `sam local start-api`. SAM CLI's Python runs `emulator_proxy.py URL`.

It prints its port. Flask with threads, one call of `requests` for each request. The emulator crashes if requests
overlap, so they queue.
"""

import sys
from threading import Lock

import requests
from flask import Flask, Response, request

url = sys.argv[1]
app = Flask(__name__)
turn = Lock()


@app.route("/<path:_path>", methods=["POST"])
def pass_on(_path: str) -> Response:
    with turn:
        answer = requests.post(url, data=request.get_data(), timeout=60)
    return Response(answer.content, answer.status_code, content_type="application/json")


app.run("127.0.0.1", 0, threaded=True)

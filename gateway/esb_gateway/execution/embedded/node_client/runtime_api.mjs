// The Lambda Runtime API, version 2018-06-01 ("Using the Lambda runtime API for custom runtimes").

import http from "node:http";

const PATH = "/2018-06-01/runtime";
const ERROR_TYPE = "Lambda-Runtime-Function-Error-Type";
const ERROR_BODY = "Lambda-Runtime-Function-Error-Body";

export class RuntimeApi {
  #agent = new http.Agent({ keepAlive: true }); // a second connection has the error that ends an open stream
  #host;
  #port;

  /** `address` is `HOST:PORT`. */
  constructor(address) {
    [this.#host, this.#port] = address.split(":");
  }

  /** Wait for work. Rejects if the server has gone or refuses. */
  async next() {
    const { headers, body } = await this.#exchange("GET", "/invocation/next");
    const header = (name) => headers[`lambda-runtime-${name}`];
    return {
      requestId: header("aws-request-id"),
      deadline: Number(header("deadline-ms")),
      functionArn: header("invoked-function-arn"),
      traceId: header("trace-id"),
      clientContext: header("client-context"),
      identity: header("cognito-identity"),
      body,
    };
  }

  respond(requestId, json) {
    return this.#exchange("POST", `/invocation/${requestId}/response`, json);
  }

  /** `document` as of `errorDocument`. */
  fail(requestId, document) {
    return this.#postError(`/invocation/${requestId}/error`, document);
  }

  failInit(document) {
    return this.#postError("/init/error", document);
  }

  /**
   * Begin a streamed response. Returns the request to write to; `answered` is called with the error, if there is one,
   * when the server has all of it.
   */
  openStream(requestId, contentType, answered) {
    const request = this.#request("POST", `/invocation/${requestId}/response`, {
      "Content-Type": contentType,
      "Lambda-Runtime-Function-Response-Mode": "streaming",
      "Transfer-Encoding": "chunked",
      Trailer: `${ERROR_TYPE}, ${ERROR_BODY}`,
    });
    collect(request).then(() => answered(), answered);
    return request;
  }

  /** End a stream with an error, which follows as trailers. */
  endStream(request, document) {
    const body = Buffer.from(JSON.stringify(document)).toString("base64");
    request.addTrailers({ [ERROR_TYPE]: headerText(document.errorType), [ERROR_BODY]: body });
    request.end();
  }

  #postError(path, document) {
    const headers = { [ERROR_TYPE]: headerText(document.errorType) };
    return this.#exchange("POST", path, JSON.stringify(document), headers);
  }

  #exchange(method, path, body, headers = {}) {
    const request = this.#request(method, path, headers);
    const answer = collect(request);
    if (body === undefined) {
      request.end();
    } else {
      request.setHeader("Content-Type", "application/json");
      request.setHeader("Content-Length", Buffer.byteLength(body));
      request.end(body);
    }
    return answer;
  }

  #request(method, path, headers) {
    return http.request({ host: this.#host, port: this.#port, agent: this.#agent, method, path: PATH + path, headers });
  }
}

function collect(request) {
  return new Promise((resolve, reject) => {
    request.on("error", reject);
    request.on("response", (response) => {
      const parts = [];
      response.on("data", (part) => parts.push(part));
      response.on("error", reject);
      response.on("end", () => {
        const body = Buffer.concat(parts).toString();
        if (response.statusCode >= 300) {
          reject(new Error(`${request.path}: ${response.statusCode} ${body.trim()}`));
        } else {
          resolve({ headers: response.headers, body });
        }
      });
    });
  });
}

function headerText(value) {
  return String(value).replace(/[^\x20-\x7e]/g, "?");
}

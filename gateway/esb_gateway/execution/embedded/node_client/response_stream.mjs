// Streamed responses and the global `awslambda` ("Writing response streaming-enabled Lambda functions").

import { Writable } from "node:stream";

import { RuntimeError } from "./errors.mjs";

// The symbols are AWS's: libraries set them on a handler without calling streamifyResponse.
const STREAMING = Symbol.for("aws.lambda.runtime.handler.streaming");
const HIGH_WATER_MARK = Symbol.for("aws.lambda.runtime.handler.streaming.highWaterMark");

const PRELUDE_TYPE = "application/vnd.awslambda.http-integration-response";
const PRELUDE_END = new Uint8Array(8);

/** Define `awslambda` in the global scope. */
export function provideAwslambda(scope) {
  scope.awslambda = {
    ...scope.awslambda,
    streamifyResponse(handler, options) {
      handler[STREAMING] = "response";
      if (options?.highWaterMark !== undefined) {
        handler[HIGH_WATER_MARK] = Number(options.highWaterMark);
      }
      return handler;
    },
    HttpResponseStream: { from: withPrelude },
  };
}

/** Whether the handler takes `(event, responseStream, context)`. */
export function isStreaming(handler) {
  return handler[STREAMING] === "response";
}

/** `highWaterMark` in bytes; undefined: Node's own. */
export function highWaterMarkOf(handler) {
  return handler[HIGH_WATER_MARK];
}

/** Send the status code and headers of `prelude` before the first byte. */
function withPrelude(stream, prelude) {
  stream.setContentType(PRELUDE_TYPE);
  stream.prelude = [JSON.stringify(prelude), PRELUDE_END];
  return stream;
}

/**
 * The stream that a handler writes to. The response begins with the first byte, or with the end. `answered` is called
 * once, when the Runtime API has the whole, with the error if there is one.
 */
export class ResponseStream extends Writable {
  prelude = [];
  #api;
  #requestId;
  #answered;
  #contentType = "application/octet-stream";
  #request;

  constructor(api, requestId, answered, highWaterMark) {
    super({ highWaterMark });
    this.#api = api;
    this.#requestId = requestId;
    this.#answered = answered;
  }

  get began() {
    return this.#request !== undefined;
  }

  setContentType(contentType) {
    if (this.began) {
      throw new RuntimeError("InvalidStreamingOperation", "Cannot set content-type, too late.");
    }
    this.#contentType = contentType;
  }

  write(chunk, ...rest) {
    return super.write(asBytes(chunk), ...rest);
  }

  end(chunk, ...rest) {
    return typeof chunk === "function" || chunk === undefined || chunk === null
      ? super.end(chunk, ...rest)
      : super.end(asBytes(chunk), ...rest);
  }

  /** End it with an error, of which the caller learns by trailers. */
  breakOff(document) {
    if (!this.writableEnded) {
      this.#api.endStream(this.#open(), document);
    }
  }

  _write(chunk, _encoding, written) {
    this.#open().write(chunk, written);
  }

  _final(written) {
    this.#open().end(written);
  }

  #open() {
    if (!this.began) {
      this.#request = this.#api.openStream(this.#requestId, this.#contentType, this.#answered);
      this.#request.flushHeaders();
      this.prelude.forEach((part) => this.#request.write(part));
    }
    return this.#request;
  }
}

function asBytes(chunk) {
  return typeof chunk === "string" || chunk instanceof Uint8Array ? chunk : JSON.stringify(chunk);
}

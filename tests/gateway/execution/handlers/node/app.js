// Handlers of the tests of Node.js functions.

console.log("starting");

exports.echo = async (event) => event;

exports.context = async (_event, context) => {
  console.log("two\nlines", { a: 1 });
  console.error("wrong");
  return { ...context, remaining: context.getRemainingTimeInMillis(), trace: process.env._X_AMZN_TRACE_ID };
};

exports.nested = { deeper: async () => "found" };

exports.callback = (event, context, callback) => {
  if (event.immediately) {
    context.callbackWaitsForEmptyEventLoop = false;
    setTimeout(() => {}, 600_000);
  }
  if (event.nothing) {
    return;
  }
  let finished = "early";
  setTimeout(() => (finished = "late"), 10);
  callback(event.error ?? null, { get finished() { return finished; } });
};

exports.done = (event, context) => {
  setTimeout(() => context[event.method](event.first, event.second), 1);
};

exports.throws = async (event) => {
  if (event.rejects) {
    Promise.reject(new TypeError("lost"));
    await new Promise(() => setTimeout(() => {}, 600_000));
  }
  if (event.later) {
    setTimeout(() => { throw new RangeError("later"); }, 1);
    await new Promise(() => setTimeout(() => {}, 600_000));
  }
  if ("value" in event) {
    throw event.value;
  }
  if (event.circle) {
    return 1n;
  }
  throw Object.assign(new TypeError("bad"), { detail: 1 });
};

exports.modules = async () => ({
  required: require("shared"),
  imported: (await import("shared-esm")).default,
  requiredBelowOpt: require("/opt/nodejs/own"),
  importedBelowOpt: (await import("/opt/nodejs/own.js")).default,
  layers: process.env.ESB_LAYERS,
});

exports.lookup = async (host) => require("node:dns").promises.lookup(host);

exports.lookedUp = async (name) => require("node:util").promisify(require("node:dns").lookup)(name);

exports.inWorker = async (host) => {
  const code = `require("node:dns").lookup(${JSON.stringify(host)}, (error) => postMessage(error.code))`;
  const worker = new (require("node:worker_threads").Worker)(`const { parentPort } = require("node:worker_threads");
    const postMessage = (message) => parentPort.postMessage(message); ${code}`, { eval: true });
  return new Promise((resolve) => worker.on("message", resolve));
};

exports.oldSdk = async () => {
  const { S3, CloudWatchEvents, KMS } = require("aws-sdk");
  const imported = await import("aws-sdk");
  const own = { endpoint: "http://own:1", signatureVersion: "v3" };
  return [new S3(), new imported.S3(own), new imported.default.KMS(), new CloudWatchEvents(), new KMS(own)].map(
    ({ config }) => [config.endpoint, config.s3ForcePathStyle, config.signatureVersion],
  );
};

exports.stream = awslambda.streamifyResponse(async (event, stream) => {
  if (event.before) {
    throw new Error("before");
  }
  const out = awslambda.HttpResponseStream.from(stream, { statusCode: 201 });
  out.write("one ");
  out.write({ two: 2 });
  if (event.after) {
    throw new Error("after");
  }
  if (event.never) {
    setTimeout(() => { throw new RangeError("never"); }, 1);
    await new Promise(() => setTimeout(() => {}, 600_000));
  }
  out.end("end");
});

// Loaded before the code of a Node.js function, in its containers and in embedded mode: nothing is sent to AWS.
//
// - Names of AWS's hosts are not resolved. SDKs that read AWS_ENDPOINT_URL never ask for one.
// - Version 2 of AWS's SDK, the package aws-sdk, does not read it: its clients get the addresses here, unless the code
//   gives them an endpoint ("Service-specific endpoints", AWS SDKs and Tools Reference Guide).
// - Presigned URLs and forms of S3 get the address that browsers know the storage by, S3_PRESIGN_ENDPOINT.
//
// `esb build` copies this file into images of every Node.js runtime, so its syntax is that of Node.js 10.
"use strict";

const dns = require("dns");
const Module = require("module");

// As AWS_DOMAINS of esb_schemas.backends.
const AWS_DOMAINS = [
  "amazonaws.com",
  "api.aws",
  "on.aws",
  "amazonaws.com.cn",
  "amazonwebservices.com.cn",
  "amazonaws.eu",
  "amazonwebservices.eu",
  "adc-e.uk",
  "ic.gov",
  "sgov.gov",
  "aws.scloud",
];

// By the prefix of a service's host names, the service that the stack's variable is named after.
const SERVED_BY = { events: "EVENTBRIDGE", "streams.dynamodb": "DYNAMODB" };

// The file of aws-sdk that makes clients, and its request for the one that gives them AWS's host names.
const CLIENTS = /[\\/]aws-sdk[\\/]lib[\\/]service\.js$/;
const HOST_NAMES = "./region_config";

// The packages of version 3 that make presigned URLs and forms.
const PRESIGNERS = /[\\/]@aws-sdk[\\/](?:s3-request-presigner|s3-presigned-post)[\\/]dist-cjs[\\/]/;

guardLookups();
changeSdks();

function guardLookups() {
  const { lookup } = dns;
  function guardedLookup(host, options, callback) {
    if (isAws(host)) {
      process.nextTick(typeof options === "function" ? options : callback, refusal(host));
      return {};
    }
    return lookup.apply(this, arguments);
  }
  // One of them says what util.promisify makes of it.
  dns.lookup = Object.defineProperties(guardedLookup, Object.getOwnPropertyDescriptors(lookup));
  if (Module.syncBuiltinESMExports) {
    const { promises } = dns;
    const lookupPromise = promises.lookup;
    promises.lookup = (host, ...rest) =>
      isAws(host) ? Promise.reject(refusal(host)) : lookupPromise.call(promises, host, ...rest);
    Module.syncBuiltinESMExports();
  }
}

function isAws(host) {
  const name = String(host).toLowerCase().replace(/\.$/, "");
  return AWS_DOMAINS.some((domain) => name === domain || name.endsWith(`.${domain}`));
}

function refusal(host) {
  const error = new Error(
    `this stack has no ${host}, and nothing is sent to AWS; give the client the endpoint of a server that has it`,
  );
  return Object.assign(error, { name: "NotInThisStack", code: "NotInThisStack", hostname: host });
}

/** Changes what the files of an SDK get when they load others, and nothing for the rest of the program. */
function changeSdks() {
  const load = Module._load;
  Module._load = function loadForStack(request, parent) {
    const loaded = load.apply(this, arguments);
    const file = (parent && parent.filename) || "";
    if (request === HOST_NAMES && CLIENTS.test(file)) {
      return forStack(loaded);
    }
    return PRESIGNERS.test(file) ? forBrowsers(loaded) : loaded;
  };
}

/** What gives a client its host name if neither it nor AWS.config has an endpoint; in old releases it is a function. */
function forStack(hostNames) {
  if (typeof hostNames === "function") {
    return redirecting(hostNames);
  }
  return Object.assign({}, hostNames, { configureEndpoint: redirecting(hostNames.configureEndpoint) });
}

function redirecting(configureEndpoint) {
  return function configureForStack(service) {
    const address = addressInStack(service, process.env);
    if (address && service.api.endpointPrefix === "s3") {
      // The stack has no host name for each bucket, and its storage refuses signature 2, which presigned URLs have.
      service.config.s3ForcePathStyle = true;
      service.config.signatureVersion = service.config.signatureVersion || "v4";
      presignForBrowsers(service);
    }
    configureEndpoint(service);
    service.config.endpoint = address || service.config.endpoint;
  };
}

/** As SDKs that read these variables find it; undefined if there is none. */
function addressInStack(service, environment) {
  const { serviceId, endpointPrefix } = service.api;
  const id = (serviceId || service.serviceIdentifier || "").replace(/[^a-z0-9]+/gi, "_").toUpperCase();
  return (
    environment[`AWS_ENDPOINT_URL_${id}`] ||
    environment[`AWS_ENDPOINT_URL_${SERVED_BY[endpointPrefix]}`] ||
    environment.AWS_ENDPOINT_URL
  );
}

/** Version 2: its clients build a presigned URL after this event, and take a form's URL from `endpoint`. */
function presignForBrowsers(service) {
  const { S3_PRESIGN_ENDPOINT: outer } = process.env;
  const { setupRequestListeners, createPresignedPost } = service;
  if (!outer || !setupRequestListeners) {
    return;
  }
  service.setupRequestListeners = function setupForBrowsers(request) {
    setupRequestListeners.call(this, request);
    request.on("beforePresign", ({ httpRequest }) => {
      httpRequest.endpoint = new httpRequest.endpoint.constructor(outer);
      httpRequest.headers.Host = httpRequest.endpoint.host;
    });
  };
  if (createPresignedPost) {
    service.createPresignedPost = function createForBrowsers() {
      const endpoint = new this.endpoint.constructor(outer);
      return createPresignedPost.apply(Object.create(this, { endpoint: { value: endpoint } }), arguments);
    };
  }
}

/** Version 3: the class that signs URLs, and the function that formats the URL of a form. */
function forBrowsers(loaded) {
  const { SignatureV4MultiRegion: Signer, formatUrl } = loaded;
  if (Signer) {
    class SignerForBrowsers extends Signer {
      presign(request, options) {
        return super.presign(atPublicAddress(request, process.env), options);
      }
    }
    return Object.assign({}, loaded, { SignatureV4MultiRegion: SignerForBrowsers });
  }
  if (formatUrl) {
    return Object.assign({}, loaded, { formatUrl: (request) => formatUrl(atPublicAddress(request, process.env)) });
  }
  return loaded;
}

/**
 * A request to the stack's storage as one to the storage's public address; other requests as they are.
 *
 * The host is part of the signature. The bucket goes into the path: a server at an address of numbers has no names for
 * buckets.
 */
function atPublicAddress(request, environment) {
  const { AWS_ENDPOINT_URL_S3: inside, S3_PRESIGN_ENDPOINT: outside } = environment;
  if (!inside || !outside) {
    return request;
  }
  const [inner, outer] = [new URL(inside), new URL(outside)];
  const { hostname, port, path = "/" } = request;
  const host = port ? `${hostname}:${port}` : hostname;
  const isInside = host === inner.host || host.endsWith(`.${inner.host}`);
  if (!isInside || host === outer.host) {
    return request;
  }
  const bucket = hostname.slice(0, -inner.hostname.length).replace(/\.$/, "");
  return Object.assign(Object.create(Object.getPrototypeOf(request)), request, {
    protocol: outer.protocol,
    hostname: outer.hostname,
    port: outer.port ? Number(outer.port) : undefined,
    path: bucket ? `/${bucket}${path === "/" ? "" : path}` : path,
    headers: Object.assign({}, request.headers, { host: outer.host }),
  });
}

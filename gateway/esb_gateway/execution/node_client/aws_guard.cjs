// Loaded before the code of a Node.js function, in its containers and in embedded mode: nothing is sent to AWS.
//
// - Names of AWS's hosts are not resolved. SDKs that read AWS_ENDPOINT_URL never ask for one.
// - Version 2 of AWS's SDK, the package aws-sdk, does not read it: its clients get the addresses here, unless the code
//   gives them an endpoint ("Service-specific endpoints", AWS SDKs and Tools Reference Guide).
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

guardLookups();
redirectOldSdk();

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

function redirectOldSdk() {
  const load = Module._load;
  Module._load = function loadForStack(request, parent) {
    const loaded = load.apply(this, arguments);
    return request === HOST_NAMES && parent && CLIENTS.test(parent.filename) ? forStack(loaded) : loaded;
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

// No request is sent to AWS: names of its hosts are not resolved. SDKs that read AWS_ENDPOINT_URL never ask for one.

import dns from "node:dns";
import { syncBuiltinESMExports } from "node:module";

// As AWS_DOMAINS of esb_schemas.backends.
export const AWS_DOMAINS = [
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

export function guardAws() {
  const { lookup } = dns;
  const lookupPromise = dns.promises.lookup;
  dns.lookup = function guardedLookup(host, options, callback) {
    const done = typeof options === "function" ? options : callback;
    if (isAws(host)) {
      process.nextTick(done, refusal(host));
      return {};
    }
    return lookup.apply(this, arguments);
  };
  dns.promises.lookup = (host, ...rest) => (isAws(host) ? Promise.reject(refusal(host)) : lookupPromise(host, ...rest));
  syncBuiltinESMExports();
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

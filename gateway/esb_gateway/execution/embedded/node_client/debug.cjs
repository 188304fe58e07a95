// Loaded before the client of a Node.js function that is debugged: listens for a debugger and waits until one runs it.
"use strict";

const { open } = require("node:inspector");

const port = Number(process.env.ESB_DEBUG_PORT);
delete process.env.ESB_DEBUG_PORT;
process.stdout.write(`waiting for a debugger on 127.0.0.1:${port}\n`);
open(port, "127.0.0.1", true);

exports.handler = async () => require("ms")("1m");

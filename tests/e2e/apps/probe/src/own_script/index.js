exports.handler = async () => {
  const error = await fetch("https://sqs.eu-west-1.amazonaws.com/").catch((error) => error.cause ?? error);
  return { options: process.env.NODE_OPTIONS, code: error.code };
};

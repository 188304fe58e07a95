exports.handler = async (event, context) => {
  console.log(`asked for ${event.say} by ${context.awsRequestId}`);
  const bucket = await fetch(`http://files.${process.env.AWS_ENDPOINT_URL_S3.slice("http://".length)}/`);
  return { event, language: process.release.name, bucket: bucket.status };
};

// Presigned URLs and forms of an upload, by both versions of AWS's SDK; prints them as JSON.
import { createRequire } from "node:module";

const require = createRequire(process.env.SDKS + "/");
const { S3Client, PutObjectCommand } = require("@aws-sdk/client-s3");
const { getSignedUrl } = require("@aws-sdk/s3-request-presigner");
const { createPresignedPost } = require("@aws-sdk/s3-presigned-post");
const { S3 } = require("aws-sdk");

const object = { Bucket: "photos", Key: "a b/ü" };
const old = new S3();
const urls = [old.getSignedUrl("putObject", object), await old.getSignedUrlPromise("putObject", object)];
const forms = [old.createPresignedPost({ Bucket: object.Bucket, Fields: { key: object.Key } })];
for (const client of [new S3Client({}), new S3Client({ forcePathStyle: true })]) {
  urls.push(await getSignedUrl(client, new PutObjectCommand(object), { expiresIn: 60 }));
  forms.push(await createPresignedPost(client, object));
}
console.log(JSON.stringify({ urls, forms: forms.map(({ url }) => url) }));

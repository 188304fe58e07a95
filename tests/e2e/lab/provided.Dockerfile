# Stands in for public.ecr.aws/lambda/provided:al2023: bash, curl, no runtime. Its entrypoint starts what an image has.
FROM public.ecr.aws/lambda/python:3.12
RUN rm /var/runtime/bootstrap

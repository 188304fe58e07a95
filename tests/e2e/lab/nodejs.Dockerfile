# Stands in for public.ecr.aws/lambda/nodejs:22: Debian's Node.js, and a runtime client in the place of AWS's.
FROM public.ecr.aws/lambda/python:3.12
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends nodejs >/dev/null && rm -rf /var/lib/apt/lists/*
COPY nodejs.js /var/runtime/client.js
RUN printf '#!/bin/sh\nexec node /var/runtime/client.js\n' >/var/runtime/bootstrap

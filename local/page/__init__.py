"""A stand-in for the page's bucket behind CloudFront: `python -m local.page --port 0 --outputs .local/outputs.json`.

It serves services/web as it lies there, so a changed file is there at the next reload: types, ETags, `no-cache`, gzip
for who takes it, the headers of security_headers.json, and /config.json, which is made of what `make up` left.

What it is not:

- The API is not under the same origin as in AWS, but at the emulator: the browser asks it with CORS.
- No HTTPS, HTTP/2 or Brotli, no ranges, no Last-Modified. What is missing is said in a sentence, where S3 writes XML.
- It is no cache. CloudFront keeps answers at its edges and asks the bucket again; here every request reads the file.
"""

"""A stand-in for Amazon Rekognition: `python -m local.rekognition --port 0 --endpoint-url http://127.0.0.1:4566`.

It speaks the service's own AWS JSON 1.1 protocol, so an unmodified AWS SDK works against it
(AWS_ENDPOINT_URL_REKOGNITION), and it looks at real pixels: faces by scikit-image's LBP cascade, dominant colours by
counting, moderation by the open_nsfw classifier. Formats, sizes, pixel limits and error codes are the service's own.

What it is not:

- It does not know Rekognition's thousands of labels. It says Person, Face, Head, People and Portrait where it finds
  frontal faces, a colour's name where a colour dominates, "Black and White" where nothing has a colour. Nothing else.
- Its confidences are not Rekognition's: each detector says how it arrives at its own. A box of Person is that of
  the face, as the rest of the body is not looked for. Faces turned away, or narrower than 1/13 of the longer side,
  are missed.
- Moderation knows one thing, explicit nudity, with one score for its two labels. No violence, drugs, symbols or text.
- ImageProperties has no Foreground and Background, as nothing separates them; an instance has no DominantColors. The
  real service's twelve simplified colour names are not published: those here are its known ones and a guess.
- DetectLabels and DetectModerationLabels only. Any other operation is answered UnknownOperationException.
- No IAM and no signature check: a request needs a well-formed SigV4 header scoped to rekognition, nothing more. Objects
  are fetched with the local cloud's root credentials, while the real service uses the caller's own permissions.
- No quotas of its own: throttling happens when a test asks for it (`local.rekognition.control`).
"""

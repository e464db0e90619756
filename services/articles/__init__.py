"""The domain: articles, their images and what is seen on them. It knows DynamoDB; no Flask, no Lambda."""

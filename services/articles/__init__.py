"""The domain: articles, their images and what is seen on them. Knows DynamoDB, but no Flask, no Lambda, no environment."""

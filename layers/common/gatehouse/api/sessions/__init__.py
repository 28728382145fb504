"""Sessions as the API shows them: bodies, tokens, cookies, sign-out."""

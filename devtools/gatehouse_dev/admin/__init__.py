"""The operator's tool: what people who run Gatehouse do to users, mails and keys."""

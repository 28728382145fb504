"""The operator's command line tool for users, mails and keys."""

"""What the API shows of each subject: its request and response bodies, and the responses that take more than a body."""

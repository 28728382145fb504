"""What AWS asks, and what is assumed of its speed: the figures of docs/costs.md that nothing here can count.

US$ in us-east-1, on demand, without the free tier, as AWS's price pages had them in 2025. They are assumptions;
check AWS's pages before you decide by them.
"""

AS_OF = "November 2026"  # when these were last looked through
MILLION, GB = 1_000_000, 2**30

# -- For what is done ----------------------------------------------------------------

API_REQUEST = 1.00 / MILLION  # HTTP API, the first 300 million of a month, for each begun 512 KB
SENT_GB = 0.09  # out to the internet, after 100 GB a month that cost nothing
LAMBDA_REQUEST = 0.20 / MILLION
LAMBDA_GB_SECOND = 0.0000133334  # arm64, which is what the template chooses; x86_64 takes a quarter more
READ_PRICE, WRITE_PRICE = 0.125, 0.625  # DynamoDB, for a million units; since November 2024, table class Standard
MAIL = 0.10 / 1000  # SES
NOTICE = 0.50 / MILLION  # SNS, for what SES tells of a mail
QUEUE_REQUEST = 0.40 / MILLION  # SQS
LOG_GB = 0.50  # CloudWatch, taken in

# -- For what is there, a month ------------------------------------------------------

STORAGE_PRICE, BACKUP_GB = 0.25, 0.20  # DynamoDB, for a GB; the second is for point-in-time recovery
LOG_STORAGE_GB = 0.03
ALARM_METRIC = 0.10  # of standard resolution; an alarm of an expression is paid for each metric in it
DASHBOARD = 3.00
METRIC = 0.30  # each combination of name and dimensions, for the hours in which it is told
SECRET = 0.40

# -- What is assumed -----------------------------------------------------------------

VCPU_MB = 1769  # of memory that bring one whole vCPU along
HASH_MS = 21  # Argon2id with 19 MiB and two passes, on one whole vCPU
DYNAMODB_MS, MAIL_MS, AWS_MS, PROVIDER_MS = 5, 50, 10, 150  # a round trip to each: SES, other AWS, Google
EVEN_MS = 100  # who must not be timed is answered at the next tenth of a second
STEPS_MS = ((50, 5), (100, 10), (1000, 50), (float("inf"), 250))  # what a time is rounded up to, by how long it is
COLD_START_MS = 1000  # Lambda has billed starts since August 2025
QUEUE_REQUESTS_A_MESSAGE = 3  # to put it there, to take it, to delete it
POLLERS, POLL_SECONDS = 5, 20  # with which Lambda waits at a queue
HOURS, DAYS = 730, 30  # of a month
LOG_LINE = 26  # bytes that each line takes beside its text

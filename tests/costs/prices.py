"""AWS's prices and assumed latencies for docs/costs.md.

Prices are US$ in us-east-1, on demand, without the free tier, from AWS's price pages of 2025. They are assumptions:
check AWS's pages before you rely on them.
"""

AS_OF = "November 2026"  # date of the last check
MILLION, GB = 1_000_000, 2**30

# -- By use --------------------------------------------------------------------------

API_REQUEST = 1.00 / MILLION  # HTTP API, the first 300 million of a month, for each begun 512 KB
SENT_GB = 0.09  # out to the internet, after 100 GB a month that cost nothing
LAMBDA_REQUEST = 0.20 / MILLION
LAMBDA_GB_SECOND = 0.0000133334  # arm64, which is what the template chooses; x86_64 takes a quarter more
READ_PRICE, WRITE_PRICE = 0.125, 0.625  # DynamoDB, for a million units; since November 2024, table class Standard
MAIL = 0.10 / 1000  # SES
NOTICE = 0.50 / MILLION  # SNS, for a notification of SES
QUEUE_REQUEST = 0.40 / MILLION  # SQS
LOG_GB = 0.50  # CloudWatch, taken in

# -- By month ------------------------------------------------------------------------

STORAGE_PRICE, BACKUP_GB = 0.25, 0.20  # DynamoDB, for a GB; the second is for point-in-time recovery
LOG_STORAGE_GB = 0.03
ALARM_METRIC = 0.10  # of standard resolution; an alarm of an expression is paid for each metric in it
DASHBOARD = 3.00
METRIC = 0.30  # each combination of name and dimensions, for the hours in which it is recorded
SECRET = 0.40

# -- Assumptions ---------------------------------------------------------------------

VCPU_MB = 1769  # of memory with one whole vCPU
HASH_MS = 21  # Argon2id with 19 MiB and two passes, on one whole vCPU
DYNAMODB_MS, MAIL_MS, AWS_MS, PROVIDER_MS = 5, 50, 10, 150  # a round trip to each: SES, other AWS, Google
CONSTANT_TIME_MS = 100  # functions with constant time respond at the next multiple
STEPS_MS = (
    (50, 5),
    (100, 10),
    (1000, 50),
    (float("inf"), 250),
)  # upper limits of a time, and the step to which it is rounded up
COLD_START_MS = 1000  # Lambda has billed starts since August 2025
QUEUE_REQUESTS_A_MESSAGE = 3  # send, receive, delete
POLLERS, POLL_SECONDS = 5, 20  # Lambda's pollers of a queue, and their wait
HOURS, DAYS = 730, 30  # of a month
LOG_LINE = 26  # bytes of each line besides its text

"""The texts of docs/costs.md."""

FIRST = """\
# What it costs

Made by `make costs`, which counts anew; nothing here is written by hand. Prices are AWS's for us-east-1, and
assumptions, as are habits and times: check AWS's pages before you decide by them.

**A stack that nobody uses costs about US$ {standing:.0f} a month**, most of it for {largest}.
**A thousand people come to about US$ {each:.0f} more** once there are many. While there are few, metrics cost more than
all that people do.

US$ a month:

{months}

`for each` is what one person comes to. Everybody has {list} tasks; a tenth of the people are new, one in a hundred
leaves, and one in ten is mailed every third day what is due.

{a_day}

{a_month}
"""

FORMULA = """\
## The formula

    month    what stands + people × (Σ how often × call + storage) + Σ metric

    call     requests × {request:.2f} / million                              API Gateway
           + invocations × {invocation:.2f} / million                           Lambda
           + milliseconds / 1000 × GB of memory × {LAMBDA_GB_SECOND:.10f}
           + (read units × {READ_PRICE} + write units × {WRITE_PRICE}) / million  DynamoDB
           + mails × {thousand_mails:.2f} / 1000                                    SES
           + notices × {notice:.2f} / million                               SNS and SQS: what became of a mail
           + GB logged × {kept:.2f}                                       CloudWatch, taken in and kept for a month
           + GB sent × {SENT_GB:.2f}                                         to the internet

    storage  GB × ({STORAGE_PRICE} + {BACKUP_GB:.2f})                                    DynamoDB, and its backup
    metric   {METRIC:.2f} × (1 − e^(−times told an hour))                 CloudWatch, for each hour in which it is told

A call takes what it sets off, too: the function that sends its mail, the mail, what SES tells of it, the erasure.
"""

STANDING = """\
## What stands

Counted from `template.yaml`; nothing of it depends on how many people there are.

{stands}

* An alarm of an expression is paid for each metric in it. One that queries is paid for those that there are: they are
  there only when DynamoDB fails, and count as one here. An account has 10 alarm metrics, 3 dashboards of up to 50
  metrics, 10 metrics of its own and a million requests of SQS for nothing; they are not taken off here.
* **Metrics of the functions** come on top once there are people: {metrics} combinations of name and dimensions were
  told while this page was made, US$ {most:.0f} a month if each is told in every hour, and there is one more for each
  error code that a function ever answers with. One that is told in few hours costs little.
* For nothing: that Lambda reads DynamoDB's streams, the schedule, topics, roles, and log groups and tables while they
  are empty. X-Ray is off unless `Tracing` is `Active`.
* Not here: a domain in Route 53 (0.50 a month), a WAF, the tables' key in KMS (0.03 for 10 000 requests; DynamoDB asks
  at most every five minutes for each table and caller), Secrets Manager's requests (0.05 for 10 000; one for a start).
"""

CALLS = """\
## Each call

US$ for a million of each, with all that they set off. Calls about tasks are made by somebody who has {list} of them.

{prices}

What one of each takes. Sizes are rounded up; reads and writes are DynamoDB's units.

{takes}

* **Who must not learn whether an address is known waits for the next tenth of a second**, and Lambda bills the wait:
  {constant_time}.
* **An erasure waits for 30 seconds**, until no request can be under way that was let in before; that is nearly all that
  deleting an account costs.
* **Logs**: each call has API Gateway's line, ours, and one for each metric. Lambda's own tell failures alone.
"""

COUNTED = """\
## How it was counted

The real handlers ran against an embedded AWS, and nothing was measured on AWS. What they asked of DynamoDB was priced
by AWS's rules from the sizes of what lies there; the embedded one's own figures of capacity were not used. Each call
was made by somebody new, who had not made it lately, with rate limits on and the function warm, and as it usually goes:
a refusal takes less. Half the tasks have a description of about 200 characters, a third are completed, three quarters
have a due date, one in {rare} has the rare tag and word.

* Sizes: Developer Guide, "DynamoDB item sizes and formats". Names and values count; `words`, where search looks, has
  title and description once more.
* Reads, consistent but for that of `/health`: "DynamoDB read and write operations". A Query takes a unit for each begun
  4 KB of all that it looks at together, a BatchGetItem for each begun 4 KB of every item, both at least one.
* Writes: a unit for each begun 1 KB of an item, as it was or as it is, whichever is larger, and two in a transaction
  ("Amazon DynamoDB Transactions: How it works").
* Indexes: "Local secondary indexes". A unit for each begun 1 KB of an entry that comes, goes or changes in its place;
  one whose key changes goes and comes. That a transaction does not double these is not in the guide; others measured it
  (github.com/nubo-db/dynoxide, pull request 188).
* Storage: items and entries, and 100 bytes more for each. What expires (tombstones, receipts) is deleted for nothing.
* Lambda: CPU ÷ vCPUs + hashes × {HASH_MS} ms ÷ vCPUs + {DYNAMODB_MS} ms for each round trip to DynamoDB, {MAIL_MS} for
  each to SES, {AWS_MS} to other services, {PROVIDER_MS} to a provider. **CPU is measured on the machine that makes this
  page**, the least of several calls, without what the embedded AWS takes; {VCPU_MB} MB of memory bring one vCPU along.
  The rest are assumptions, that of a password's hash, too. All is rounded up, to {step} ms where it is short, and a
  time stays as this page has it until it is another one by more than a quarter and 10 ms. A start takes
  about a second once, for which Lambda bills about US$ {start:.2f} a million with 512 MB; it is in no figure.
* Logs: the lines that were printed, those that Lambda adds, API Gateway's in the template's format, and {LOG_LINE}
  bytes for each. They are kept for a month; the audit trail, with a line for each erasure, for a year.
* Metrics: calls come at any time alike. Where all come in the daytime, they cost less.
* Mail: each mail has an invocation of its own, and one notice, by SNS and SQS. Many at once go ten to an invocation, at
  the pace of `MailRate`.
* Prices: on demand, without the free tier, those of the first tier of use, arm64 (x86_64 takes a quarter more), table
  class Standard; looked through in {AS_OF}. They are constants in `tests/costs/prices.py`, as the assumptions are;
  habits are in `tests/costs/usage_profile.py`.
* Nobody else was at work on the same rows: a transaction that has to be tried again costs once more.
"""

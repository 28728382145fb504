"""What each call about tasks asks of DynamoDB, and what that costs, as its user's list grows."""

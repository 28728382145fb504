"""What everything costs: each call with all that it sets off, what stands, and how calls grow with their lists."""

"""Tests of the operator's tools and of the AWS endpoint that they use."""

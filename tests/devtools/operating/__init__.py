"""Tools of operators, and the AWS that they work with."""

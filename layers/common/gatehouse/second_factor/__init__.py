"""The second factor: codes of an app, mailed codes and backup codes. The gate of `accounts` asks for it."""

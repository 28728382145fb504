"""Values of secrets: GenerateSecretString of CloudFormation."""

import json
import secrets
import string

from gatehouse_dev.template_file import Properties

KINDS = {
    "ExcludeLowercase": string.ascii_lowercase,
    "ExcludeUppercase": string.ascii_uppercase,
    "ExcludeNumbers": string.digits,
    "ExcludePunctuation": string.punctuation,
}


def secret_string(properties: Properties) -> str:
    """Return the value of an AWS::SecretsManager::Secret."""
    if "SecretString" in properties:
        return str(properties["SecretString"])
    rules = properties.get("GenerateSecretString") or {}
    password = _password(rules)
    if "GenerateStringKey" not in rules:
        return password
    return json.dumps(json.loads(rules["SecretStringTemplate"]) | {rules["GenerateStringKey"]: password})


def _password(rules: Properties) -> str:
    excluded = set(rules.get("ExcludeCharacters", ""))
    kinds = ["".join(sorted(set(letters) - excluded)) for key, letters in KINDS.items() if not _is_set(rules, key)]
    kinds += [" "] if _is_set(rules, "IncludeSpace") else []
    length = int(rules.get("PasswordLength", 32))
    needed = kinds if _is_set(rules, "RequireEachIncludedType", default=True) else []
    letters = [secrets.choice(kind) for kind in needed if kind]
    letters += [secrets.choice("".join(kinds)) for _ in range(length - len(letters))]
    secrets.SystemRandom().shuffle(letters)
    return "".join(letters)


def _is_set(rules: Properties, key: str, *, default: bool = False) -> bool:
    return str(rules.get(key, default)).lower() == "true"

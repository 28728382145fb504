"""PyJWT imports what `cryptography` has for certificates, which functions do not use."""

SAVES = 23
UPSTREAM = "Import `cryptography.x509` in `load_certificate` alone: keys of JWKs and PEMs do not need it."
NEEDED = "import jwt, sys; needed = 'cryptography.x509' in sys.modules"

FILES = {
    "jwt/algorithms.py": {
        "    from cryptography import x509\n": "",
        "x509.load_der_x509_certificate(": "__import__('cryptography.x509').x509.load_der_x509_certificate(",
    }
}

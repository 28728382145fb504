"""The headers of requests for a mailed link: by whoever opens, shows or prefetches it, and by scripts."""

HTML = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
IMAGE = "image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5"
OPENED: dict[str, dict[str, str]] = {
    "navigation": {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document", "accept": HTML},
    "old browser": {"accept": HTML},
    "image": {"sec-fetch-mode": "no-cors", "sec-fetch-dest": "image", "accept": IMAGE},
    "image with CORS": {"sec-fetch-mode": "cors", "sec-fetch-dest": "image", "accept": IMAGE},
    "image in an old browser": {"accept": IMAGE},
    "style sheet in an old browser": {"accept": "text/css,*/*;q=0.1"},
    "script element": {"sec-fetch-mode": "cors", "sec-fetch-dest": "script", "accept": "*/*"},
    "frame": {"sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe", "accept": HTML},
    "prefetch": {"sec-fetch-mode": "no-cors", "sec-fetch-dest": "empty", "sec-purpose": "prefetch", "accept": "*/*"},
    "prefetch with CORS": {"sec-fetch-mode": "cors", "sec-fetch-dest": "empty", "sec-purpose": "prefetch"},
    "prerender": {"sec-fetch-mode": "navigate", "sec-purpose": "prefetch;prerender", "accept": HTML},
    "prefetch of Chrome before": {"sec-fetch-mode": "cors", "purpose": "prefetch"},
    "preview of Safari": {"x-purpose": "preview", "accept": "*/*"},
    "prefetch of Firefox before": {"x-moz": "prefetch", "accept": "*/*"},
}
SCRIPTS: list[dict[str, str]] = [
    {"sec-fetch-mode": "cors", "sec-fetch-dest": "empty", "accept": "*/*"},
    {"sec-fetch-mode": "same-origin", "sec-fetch-dest": "empty"},
    {"sec-fetch-mode": "cors"},  # Node's
    {"accept": "application/json"},
    {"accept": "*/*"},
    {},
]

"""Mail: from a token row to an accepted message."""

from gatehouse.mail.flows import Delivery, deliver, ordered
from gatehouse.mail.model import Message, render

__all__ = ["Delivery", "Message", "deliver", "ordered", "render"]

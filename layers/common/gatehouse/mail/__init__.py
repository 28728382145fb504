"""Mail: from a token row to a message that SES accepted."""

from gatehouse.mail.flows import Delivery, deliver, row_from_image
from gatehouse.mail.model import Message, render

__all__ = ["Delivery", "Message", "deliver", "render", "row_from_image"]

"""Needs a package of its own requirements, and a module and a package of its layer."""

import idna
import layered
import toolz
from shop.orders import rules


def handler(event, context):
    return {
        "own": idna.encode("ä").decode(),
        "layer": layered.NAME,
        "of_layer": toolz.last("xyz"),
        "module": rules.RATE,
    }

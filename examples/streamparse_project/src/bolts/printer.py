import json
import os

from streamparse import Bolt


class PrinterBolt(Bolt):
    """Logs each count, and appends it to the file that $COUNTS names."""

    def process(self, tup):
        name, count = tup.values
        self.logger.info("%s: %d", name, count)
        if "COUNTS" in os.environ:
            with open(os.environ["COUNTS"], "a") as counts:
                counts.write(json.dumps([tup.component, name, count]) + "\n")

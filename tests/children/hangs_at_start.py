"""Never answers the handshake, and leaves neither at the end of its input nor by itself."""

import time

while True:
    time.sleep(3600)

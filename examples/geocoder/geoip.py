"""Where in the world an address is: GeoLite2 City, as the package `maxminddb-geolite2` carries it."""

import sys


def open_database():
    """The database, opened. It is mapped into memory, so several processes share one copy.

    Raises RuntimeError, with what to do, when the package is not there.
    """
    try:
        from geolite2 import geolite2
    except ImportError as error:
        raise RuntimeError(
            f'no GeoIP database for {sys.executable}: install examples/geocoder/requirements.txt'
        ) from error
    return GeoIP(geolite2.reader())


class GeoIP:
    """Looks addresses up in a MaxMind reader, or in whatever has a `get`."""

    def __init__(self, reader):
        self.reader = reader

    def locate(self, ip_address):
        """`(lat, long)` in degrees; None for an address that the database does not know, such as a private one.

        Raises ValueError for what is no IP address.
        """
        record = self.reader.get(ip_address)
        location = record.get('location') if record else None
        if not location or 'latitude' not in location:
            return None
        return location['latitude'], location['longitude']

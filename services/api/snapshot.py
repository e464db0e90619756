"""What SnapStart needs of a function: to be warm in the snapshot, and unlike every other copy restored from it.

AWS's runtime client calls these hooks where the function has SnapStart, and nowhere else: before the snapshot the last
registered first, after each restore in order (docs/snapstart.md). An error in one fails the version's publishing, or
the restore.
"""

import gc
import os
import random
import sys
from collections.abc import Callable

from snapshot_restore_py import register_after_restore, register_before_snapshot

from articles import ids

_SEED_BYTES = 32


def register(prime: Callable[[], None], forget: Callable[[], None]) -> None:
    """`prime` uses the function once, without the network. `forget` drops what no two copies may share and what may
    have changed by the time of the restore; it is also called before the snapshot, which is kept on disks."""

    def after() -> None:
        forget()
        renew()

    def before() -> None:
        prime()
        after()  # which warms that, too
        gc.collect()
        gc.freeze()  # else the first collection writes to each object, and copies every page of the snapshot

    register_before_snapshot(before)
    register_after_restore(after)


def renew() -> None:
    """Gives this copy random numbers and ids of its own. os.urandom, hence uuid and secrets, is the kernel's, which
    sees to it itself."""
    import ssl  # by then it was

    random.seed()
    ids.forget()
    ssl.RAND_add(os.urandom(_SEED_BYTES), _SEED_BYTES)  # TLS handshakes draw from OpenSSL's generator
    if "cryptography" in sys.modules:
        _renew_cryptography()


def _renew_cryptography() -> None:
    """The same for the OpenSSL inside cryptography's wheel, which signs CloudFront's URLs."""
    from cryptography.hazmat.bindings.openssl.binding import Binding

    Binding.lib.RAND_add(os.urandom(_SEED_BYTES), _SEED_BYTES, float(_SEED_BYTES))
